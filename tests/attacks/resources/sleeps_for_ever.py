# about: Sleeps for as long as it is let, in its cell.
# limits: {cell_seconds: 2}
# status: {double: timed out}

# %% double
import time

time.sleep(60)


def double(x):
    return 0
