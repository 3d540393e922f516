# about: Returns more bytes than one reply may have.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    return bytes(300_000_000)
