# about: Stops its own process in its cell, which is then neither dead nor does it answer.
# limits: {cell_seconds: 2}
# status: {double: timed out}
# slow: true

# %% double
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)


def double(x):
    return 0
