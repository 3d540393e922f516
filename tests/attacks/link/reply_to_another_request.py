# about: Answers a request that was never made.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    send(99, "ok", 2)
    return 2
