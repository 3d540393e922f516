# about: Mounts again what is read-only, with the old and the new system calls, and then writes.
# prints: tried

# %% double
import ctypes
import os
import socket
import sys

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

libc = ctypes.CDLL(None, use_errno=True)
REMOUNT, BIND, HERE, RECURSIVE = 32, 4096, -100, 0x8000
OPEN_TREE, MOVE_MOUNT, FSOPEN, MOUNT_SETATTR = 428, 429, 430, 442


def said(what, done):
    print(what, "done" if done >= 0 else os.strerror(ctypes.get_errno()))
    return done


def attempts(place):
    path = place.encode()
    said("remount", libc.mount(None, path, None, REMOUNT | BIND, None))
    said("remount", libc.mount(None, path, None, REMOUNT, None))
    said("tmpfs", libc.mount(b"none", path, b"tmpfs", 0, None))
    change = (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    said("setattr", libc.syscall(MOUNT_SETATTR, HERE, path, RECURSIVE, change, 32))
    tree = said("open_tree", libc.syscall(OPEN_TREE, HERE, path, 1))
    if tree >= 0:
        said("move", libc.syscall(MOVE_MOUNT, tree, b"", HERE, b"/tmp", 4))
    said("fsopen", libc.syscall(FSOPEN, b"tmpfs", 0))
    said("unmount", libc.umount2(path, 2))


places = ["/", "/usr", "/etc", sys.prefix, sys.base_prefix, "/proc", "/sys", "/proc/sys", "/run"]
for nested in (False, True):
    if nested:
        said("unshare", libc.unshare(0x10000000 | 0x20000))
    for place in places:
        attempts(place)
        try:
            path = os.path.join(place, "attack")
            open(path, "x").close()
            print("__WON__", place)
            os.remove(path)
        except OSError as error:
            print(place, type(error))
print("tried")


def double(x):
    return 0
