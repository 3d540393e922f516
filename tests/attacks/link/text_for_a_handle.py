# about: Refers to its object by a text where a handle belongs.
# prelude: far_end
# status: {double: timed out}
# limits: {cell_seconds: 1}
# prints: armed

# %% check
assert double(1) == 2
assert double(21) == 42

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: "handle"
    return Thing
