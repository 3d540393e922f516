# about: Mounts memory of its own as a file system, in namespaces of its own, and fills it.
# limits: {memory_mb: 600, disk_mb: 100}
# prints: tried

# %% double
import subprocess
import sys

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

code = r'''
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
user, group = os.getuid(), os.getgid()
print(libc.unshare(0x10000000 | 0x20000), os.strerror(ctypes.get_errno()))
try:
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/uid_map", "w").write(f"0 {user} 1")
    open("/proc/self/gid_map", "w").write(f"0 {group} 1")
except OSError as error:
    print(error)
print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), os.strerror(ctypes.get_errno()))
held = 0
try:
    with open("/tmp/held", "wb", 0) as file:
        while held < 400_000_000:
            held += file.write(bytes(1_000_000))
except OSError as error:
    print(error)
print("__WON__" if held >= 400_000_000 else held, "tried")
'''
done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
print(done.stdout, done.stderr[-2000:].replace("__WON__", "."))


def double(x):
    return 0
