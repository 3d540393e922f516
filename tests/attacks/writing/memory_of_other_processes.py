# about: Writes into the memory of its parent and of every other process.
# prints: tried

# %% double
import ctypes
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")


class Span(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("length", ctypes.c_size_t)]


libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(8)
me = int(os.readlink("/proc/self"))
for pid in {*map(int, filter(str.isdigit, os.listdir("/proc"))), os.getppid(), 1} - {0, me}:
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR))
        print("__WON__", pid)
    except OSError as error:
        print(pid, type(error))
    # A fork has its parent's addresses.
    mine, theirs = Span(ctypes.addressof(room), 8), Span(ctypes.addressof(room), 8)
    if libc.process_vm_writev(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:
        print("__WON__", pid)
    print(os.strerror(ctypes.get_errno()))
print("tried")


def double(x):
    return 0
