# about: Stops its own process, as a debugger would.
# prelude: far_end
# status: {double: timed out}
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    os.kill(os.getpid(), 19)
