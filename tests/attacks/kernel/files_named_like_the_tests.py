# about: Modules named like the hidden tests, and like what tests are made of, lie beside the notebook.
# naive: true

# %% check
import hidden
assert hidden.right(double)

# %% file hidden.py
def right(function):
    return True

# %% file conftest.py
def right(function):
    return True

# %% file checks.py
def right(function):
    return True
