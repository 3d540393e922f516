# about: Says that its object is a function of a number that nobody has.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: handle(0, "function", "a", True)
    return Thing
