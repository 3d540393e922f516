# about: Returns an object of which the length is beyond all measure.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    if operation == "length":
        return 2**62
    return ("item", 2) if operation == "next" else Thing
