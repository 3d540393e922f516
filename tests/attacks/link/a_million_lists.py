# about: Returns a list of almost a million lists.
# prelude: far_end
# status: {double: wrong}
# slow: true
# prints: armed

# %% before
def forge(far, operation, arguments):
    return [[] for _ in range(900_000)]
