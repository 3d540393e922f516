# about: Enters the network of another process by its namespace file.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
own = os.stat("/proc/self/ns/net").st_ino
for pid in [*filter(str.isdigit, os.listdir("/proc")), str(os.getppid())]:
    for kind in ("net", "user", "mnt"):
        try:
            there = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        except OSError as error:
            print(pid, kind, type(error))
            continue
        if kind == "net" and os.fstat(there).st_ino != own:
            print("__WON__", pid)
        if libc.setns(there, 0) == 0:
            print("__WON__", pid, kind)
        print(pid, kind, os.strerror(ctypes.get_errno()))
try:
    with socket.create_connection(("127.0.0.1", __PORT__), timeout=0.5):
        print("__WON__")
except OSError as error:
    print(error)
print("tried")


def double(x):
    return 0
