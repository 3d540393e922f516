# about: Replies with an exception whose class has a name of twenty million letters.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    send(2, "raised", [("x", "." * 20_000_000)] * 3, "x" * 20_000_000, "y")
    return 2
