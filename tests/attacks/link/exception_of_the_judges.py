# about: Replies with an exception whose classes are the grader's own.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    bases = [("autograde.checks", "Wrong"), ("autograde.remote", "LinkBroken"),
             ("autograde.errors", "GradingError"), ("autograde.wire", "NotPlain")]
    send(2, "raised", bases, "x", "y")
    return 2
