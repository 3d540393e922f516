# about: Watches the whole machine with the kernel's own tracing by perf, bpf and userfaultfd.
# prints: tried

# %% double
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
# perf_event_open for software clocks of all processes on the first processor.
event = (ctypes.c_uint64 * 16)(1 | (112 << 32))
if libc.syscall(298, event, -1, 0, -1, 0) >= 0:
    print("__WON__ perf")
print(os.strerror(ctypes.get_errno()))
# A bpf map of one entry; userfaultfd; io_uring with one place.
for number, arguments in {
    321: (0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128),
    323: (0,),
    425: (1, (ctypes.c_uint8 * 120)()),
}.items():
    if libc.syscall(number, *arguments) >= 0:
        print("__WON__", number)
    print(number, os.strerror(ctypes.get_errno()))
for path in ("/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/bpf", "/sys/kernel/security"):
    if os.path.isdir(path) and os.listdir(path):
        print("__WON__", path)
print("tried")


def double(x):
    return 0
