# about: Whatever is asked, the answer is a tuple that looks like an answer to it.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    return ([2], [2], [2])
