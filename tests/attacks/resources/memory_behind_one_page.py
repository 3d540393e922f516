# about: Fills shared memory and unmaps all of it but a page, which keeps the rest alive and unseen.
# limits: {memory_mb: 600}

# No limit sees such memory (SECURITY.md says so); it goes with the kernel, and if the host ran out
# of memory, this kernel is whom it would kill.

# %% double
import ctypes
import mmap
import time

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

SIZE = 50 * 1024 * 1024
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
held = 0
for _ in range(18):
    start = libc.mmap(None, SIZE, 3, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, -1, 0)
    ctypes.memset(start, 1, SIZE)
    libc.munmap(start + 4096, SIZE - 4096)
    held += SIZE
    time.sleep(0.05)
print(held)


def double(x):
    return 0
