# about: Leaves programs called python, sh and git in its own folders and in those of the PATH.
# prints: left

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

own = [".", "/tmp", os.path.expanduser("~"), os.path.expanduser("~/.local/bin")]
for folder in [*own, *os.environ["PATH"].split(":"), "/usr/local/bin", "/usr/local/sbin"]:
    for name in ("python", "python3", "sh", "git", "bwrap"):
        path = os.path.join(folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
            with open(path, "x") as file:
                file.write("#!/bin/sh\nkill -9 $PPID\n")
            os.chmod(path, 0o755)
            print("left", path)
            if folder not in own:
                print("__WON__", path)
                os.remove(path)
        except OSError as error:
            print(path, type(error))


def double(x):
    return 0
