# about: Shuts the link down in both directions.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.shutdown(socket.SHUT_RDWR)
    return 2
