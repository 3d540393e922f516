# about: Reads the log, the keys and the symbols of the system's kernel.
# prints: tried

# %% double
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(100_000)
if libc.klogctl(3, room, 100_000) > 0:
    print("__WON__", room.value[:50])
for path in ("/dev/kmsg", "/dev/mem", "/dev/kmem", "/proc/kcore", "/dev/port", "/proc/kmsg"):
    try:
        os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1)
        print("__WON__", path)
    except OSError as error:
        print(path, type(error))
try:
    with open("/proc/kallsyms") as file:
        if any(int(line.split()[0], 16) for line in file):
            print("__WON__ kallsyms")
except OSError as error:
    print(type(error))
print("tried")


def double(x):
    return 0
