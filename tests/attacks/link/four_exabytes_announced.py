# about: Announces a message of four exabytes.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.sendall(struct.pack("<Q", 1 << 62))
    return 2
