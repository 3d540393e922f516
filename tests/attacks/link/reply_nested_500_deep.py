# about: Returns lists in lists, deeper than any decoder should follow.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    value = []
    for _ in range(500):
        value = [value]
    return value
