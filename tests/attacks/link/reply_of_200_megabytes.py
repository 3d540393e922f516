# about: Returns as many bytes as one reply may have, or almost.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    return bytes(200_000_000)
