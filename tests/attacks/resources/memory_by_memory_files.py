# about: Writes into files without a name that live in memory and are mapped nowhere.
# limits: {memory_mb: 600}

# %% double
import ctypes
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

MEMFD_SECRET = 447
libc = ctypes.CDLL(None, use_errno=True)
print("memfd_secret", libc.syscall(MEMFD_SECRET, 0), os.strerror(ctypes.get_errno()))
held = 0
try:
    for number in range(9):
        file = os.memfd_create(f"held{number}")
        for _ in range(100):
            held += os.write(file, bytes(1_000_000))
except OSError as error:
    print(type(error))
print("__WON__" if held >= 900_000_000 else held)


def double(x):
    return 0
