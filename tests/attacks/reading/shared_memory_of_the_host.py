# about: Looks for shared memory, queues and semaphores that other programs of the host have.
# prints: tried

# %% double
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for kind in ("shm", "msg", "sem"):
    try:
        with open(f"/proc/sysvipc/{kind}") as file:
            rows = file.read().splitlines()[1:]
        print(kind, rows)
        print("__WON__" if rows else "")
    except OSError as error:
        print(type(error))
for number in range(64):
    if libc.shmat(number, None, 0o10000) not in (None, 2**64 - 1):
        print("__WON__", number)
for folder in ("/dev/shm", "/dev/mqueue"):
    try:
        print(folder, os.listdir(folder))
        foreign = [n for n in os.listdir(folder) if os.stat(f"{folder}/{n}").st_uid != os.getuid()]
        print("__WON__" if foreign else "")
    except OSError as error:
        print(type(error))
print("tried")


def double(x):
    return 0
