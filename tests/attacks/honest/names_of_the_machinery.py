# about: Variables, functions and files that happen to be called like parts of the grading.

# %% before
autograde = hidden = grader = kernel = link = check_double = wire = remote = "mine"
score, points, verdict = 1.0, 10, "passed"


def call(x):
    return x


def require(x):
    return x


plain = setup = call

# %% double
import checks


def double(x):
    return checks.two() * plain(x)

# %% triple
def expected(x):
    return 3 * x


def triple(x):
    return expected(x)

# %% file checks.py
def two():
    return 2

# %% file README.md
# My solution
