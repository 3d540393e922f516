# about: Stops every process that it may, itself and its parent included, without ending any.
# limits: {cell_seconds: 2}
# slow: true

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import os
import signal


def double(x):
    for number in (os.getppid(), 1, -1, 0, os.getpid()):
        try:
            os.kill(number, signal.SIGSTOP)
        except OSError as error:
            print(error)
    return 0
