# about: Raises an exception that says it is the grader's own, with ten points.
# status: {double: crashed}

# %% double
class Wrong(AssertionError):
    pass


Wrong.__module__ = "autograde.checks"


def double(x):
    raise Wrong("10")
