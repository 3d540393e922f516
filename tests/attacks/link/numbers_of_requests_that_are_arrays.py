# about: Numbers its reply with an array, which compares with everything.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    import numpy

    send(numpy.arange(2), "ok", 2)
    return 2
