# about: Makes 60,000 empty files, folders and links, which take no bytes but the system's memory.
# limits: {disk_mb: 20}

# %% double
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

count = 0
try:
    for count in range(20_000):
        open(f"file{count}", "x").close()
        os.mkdir(f"folder{count}")
        os.symlink("x" * 200, f"link{count}")
except OSError as error:
    print(error)
print("__WON__" if count > 10_000 else count)


def double(x):
    return 0
