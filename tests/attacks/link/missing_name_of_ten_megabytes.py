# about: Says that a name is missing when none was asked for, and that it is very long.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    send(2, "missing", "x" * 10_000_000)
    return 2
