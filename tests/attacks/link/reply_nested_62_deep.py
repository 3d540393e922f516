# about: Returns lists in lists, almost as deep as the decoder follows.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    value = []
    for _ in range(62):
        value = [value]
    return value
