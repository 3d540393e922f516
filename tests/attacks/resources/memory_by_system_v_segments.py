# about: Fills shared segments and detaches them; they stay, and belong to no process.
# limits: {memory_mb: 600}

# %% double
import ctypes
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmdt.argtypes = [ctypes.c_void_p]
held = 0
for _ in range(9):
    number = libc.shmget(0, 100_000_000, 0o1600)
    if number < 0:
        print(os.strerror(ctypes.get_errno()))
        break
    start = libc.shmat(number, None, 0)
    ctypes.memset(start, 1, 100_000_000)
    libc.shmdt(start)
    held += 100_000_000
print("__WON__" if held >= 900_000_000 else held)


def double(x):
    return 0
