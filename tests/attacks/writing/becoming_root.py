# about: Becomes root by every way that the system offers, and writes what only root may write.
# prints: tried

# %% double
import ctypes
import os
import socket
import stat
import subprocess

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

libc = ctypes.CDLL(None, use_errno=True)
for attempt in (
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setresgid(0, 0, 0),
    lambda: os.setgroups([0]),
    lambda: os.chroot("/"),
    lambda: socket.sethostname("attack"),
):
    try:
        attempt()
        print("__WON__")
    except OSError as error:
        print(type(error))
with open("/proc/self/status") as file:
    status = dict(line.split(":\t") for line in file if line.startswith(("Cap", "NoNewPrivs")))
print(status)
# Nothing may be left in any set of capabilities but the bounding one, and no program may give more.
sets = (status["CapEff"], status["CapPrm"], status["CapInh"], status["CapAmb"])
print("__WON__" if any(int(s, 16) for s in sets) or int(status["NoNewPrivs"]) != 1 else "")
for program in ("sudo", "su", "pkexec", "mount", "newuidmap", "fusermount", "passwd"):
    path = f"/usr/bin/{program}"
    if os.path.exists(path) and os.stat(path).st_mode & stat.S_ISUID:
        arguments = ["-n", "id", "-u"] if program == "sudo" else []
        done = subprocess.run(
            [path, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=2
        )
        print(program, done.returncode, done.stdout[-200:], done.stderr[-200:])
        print("__WON__" if done.stdout.strip() == "0" else "")
print("tried")


def double(x):
    return 0
