# about: Says nothing for a quarter of an hour.
# prelude: far_end
# status: {double: timed out}
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    time.sleep(1000)
