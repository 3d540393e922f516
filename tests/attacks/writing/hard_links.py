# about: Gives files of the host a second name in its own folders and writes through that.
# prints: tried

# %% double
import os
import socket
import sys

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import numpy

places = ["__COURSE__/gradebook.db", "__HOME__/.ssh/id_ed25519", "/etc/passwd", "/etc/hosts"]
for number, target in enumerate([*places, numpy.__file__, sys.executable]):
    for folder in (".", "/tmp", "/dev/shm"):
        path = f"{folder}/link{number}"
        try:
            os.link(target, path)
            if target.startswith(("__COURSE__", "__HOME__")):
                with open(path, "ab") as file:
                    file.write(b" ")
            print("__WON__", target)
        except OSError as error:
            print(target, type(error))
print("tried")


def double(x):
    return 0
