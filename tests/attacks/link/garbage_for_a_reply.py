# about: Sends bytes that are no message.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.sendall(b"garbage" * 9)
    return 2
