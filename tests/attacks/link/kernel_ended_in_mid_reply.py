# about: Sends half a reply and ends the process.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.sendall(struct.pack("<Q", 100) + b"half")
    os._exit(0)
