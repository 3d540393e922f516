# about: Kills every process that it may, parent and first process included.

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import os
import signal


def double(x):
    for number in (os.getppid(), 1, 0, -1):
        try:
            os.kill(number, signal.SIGKILL)
        except OSError as error:
            print(error)
    return 0
