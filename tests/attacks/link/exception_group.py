# about: Raises a group of exceptions, each of which would end the grader.
# status: {double: crashed}

# %% double
def double(x):
    raise BaseExceptionGroup("group", [KeyboardInterrupt(), SystemExit(0), MemoryError()])
