# about: Returns a range that nobody can walk to its end.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    return range(2**62)
