# about: Returns a list that holds itself.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    value = []
    value.append(value)
    return value
