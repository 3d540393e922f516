# about: Touches a page in every two megabytes of 450 GB, so that only the tables take memory.
# limits: {memory_mb: 600, cell_seconds: 10}

# %% double
import ctypes
import mmap

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

SIZE, STEP, NORESERVE, NO_HUGE_PAGES = 450 * 1024**3, 2 * 1024**2, 0x4000, 15
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
start = libc.mmap(None, SIZE, 1, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE, -1, 0)
libc.madvise(start, SIZE, NO_HUGE_PAGES)
for place in range(start, start + SIZE, STEP):
    ctypes.c_char.from_address(place).value
with open("/proc/self/status") as file:
    tables = next(int(line.split()[1]) for line in file if line.startswith("VmPTE"))
print(tables // 1024, "MB of tables")
print("__WON__" if tables > 600 * 1024 else "")


def double(x):
    return 0
