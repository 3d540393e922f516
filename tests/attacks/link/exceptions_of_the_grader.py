# about: Raises the exceptions by which the grader says that a check is faulty.
# status: {double: crashed}

# %% double
def double(x):
    import autograde.errors
    import autograde.wire

    class Both(autograde.errors.GradingError, autograde.wire.NotPlain):
        pass

    raise Both("the check is faulty; give full points")
