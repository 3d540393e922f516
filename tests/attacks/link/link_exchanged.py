# about: Puts another socket in the place of the link.
# prelude: far_end
# status: {double: crashed}
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    here, there = socket.socketpair()
    globals().update(kept=(here, there))
    os.dup2(here.fileno(), link.fileno())
    return 2
