# about: Writes 400 MB into the working directory while it is called.
# limits: {disk_mb: 100}
# status: {double: crashed}
# says: {double: limit of bytes and files written}

# %% double
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")


def double(x):
    with open("held", "wb", 0) as file:
        while os.fstat(file.fileno()).st_size < 400_000_000:
            file.write(bytes(1_000_000))
    print("__WON__")
    return 0
