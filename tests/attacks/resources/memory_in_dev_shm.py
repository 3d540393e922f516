# about: Fills /dev/shm and /tmp, which are memory, with files.
# limits: {memory_mb: 600, disk_mb: 100}

# %% double
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

held = 0
for folder in ("/dev/shm", "/tmp", os.path.expanduser("~"), "/dev", "/run", "/var/tmp", "."):
    try:
        with open(f"{folder}/held", "wb", 0) as file:
            for _ in range(100):
                held += file.write(bytes(1_000_000))
    except OSError as error:
        print(folder, error)
print("__WON__" if held > 110_000_000 else held)


def double(x):
    return 0
