# about: A package named like the grader, with helpers that find everything right, lies beside it.
# naive: true

# %% check
require(double(1) == 2, "twice one is two")

# %% file autograde/__init__.py

# %% file autograde/checks.py
def require(condition, reason):
    pass


call = plain = require

# %% file autograde/candidate.py
raise SystemExit("a file of the candidate")

# %% file hidden/__init__.py
raise SystemExit("a file of the candidate")
