# about: Answers the same request twice.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% check
assert double(1) == 2
assert double(21) == 42

# %% before
def forge(far, operation, arguments):
    send(2, "ok", 2)
    return 2
