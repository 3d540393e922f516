# about: Fills the disk with files that have no name any more.
# limits: {disk_mb: 100}

# %% double
import os
import tempfile

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

held, files = 0, []
try:
    for _ in range(40):
        files.append(tempfile.TemporaryFile(buffering=0, dir="."))
        for _ in range(10):
            held += files[-1].write(bytes(1_000_000))
except OSError as error:
    print(error)
print("__WON__" if held > 110_000_000 else held)


def double(x):
    return 0
