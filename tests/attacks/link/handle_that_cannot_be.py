# about: Refers to its object by a negative number, a kind that does not exist and a list.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: handle(-1, "boss", ["x"], 3)
    return Thing
