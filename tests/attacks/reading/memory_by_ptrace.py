# about: Attaches to other processes as a debugger does, and lets them go again.
# prints: tried
# prelude: others

# %% double
import ctypes
import os

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
for pid in map(int, others()):
    if libc.ptrace(SEIZE, pid, None, None) == 0:
        libc.ptrace(INTERRUPT, pid, None, None)
        os.waitpid(pid, 0x40000000)
        libc.ptrace(DETACH, pid, None, None)
        print("__WON__", pid)
    else:
        print(pid, os.strerror(ctypes.get_errno()))
print("tried")


def double(x):
    return 0
