# about: Returns a number that takes minutes to write down.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    return 7 << 10_000_000
