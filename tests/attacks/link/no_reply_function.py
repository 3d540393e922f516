# about: Takes the function away by which the kernel replies.
# prelude: far_end
# status: {double: timed out}
# limits: {cell_seconds: 1}
# prints: armed

# %% check
assert double(1) == 2
assert double(21) == 42

# %% before
def forge(far, operation, arguments):
    far._answer = None
    return 2
