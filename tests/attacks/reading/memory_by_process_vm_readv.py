# about: Reads the memory of other processes with process_vm_readv, which needs no file.
# prints: tried
# prelude: others

# %% double
import ctypes
import os


class Span(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("length", ctypes.c_size_t)]


libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(4096)
# A fork has its parent's addresses: what lies here lies there too.
here = id(os.environ) & ~4095
for pid in map(int, others()):
    try:
        with open(f"/proc/{pid}/maps") as file:
            starts = [int(line.partition("-")[0], 16) for line in file]
    except OSError:
        starts = []
    for start in [here, *starts[:200]]:
        mine, theirs = Span(ctypes.addressof(room), 4096), Span(start, 4096)
        got = libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        if got > 0:
            print("__WON__", pid, hex(start), room.raw[:64])
            break
    else:
        print(pid, os.strerror(ctypes.get_errno()))
print("tried")


def double(x):
    return 0
