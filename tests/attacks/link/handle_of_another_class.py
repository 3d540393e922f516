# about: Says that its object is the class int, with a number that is not its own.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: handle(2**62, "class", "builtins.int", True)
    return Thing
