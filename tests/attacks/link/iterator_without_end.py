# about: Returns an object that gives one more item whenever it is asked.
# prelude: far_end
# prints: armed

# %% before
def forge(far, operation, arguments):
    return ("item", 2) if operation == "next" else Thing
