# about: Answers the next requests before they are asked.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    send(3, "ok", 2)
    send(4, "ok", 2)
    return 2
