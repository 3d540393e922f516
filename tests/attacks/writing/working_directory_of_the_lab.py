# about: Replaces, empties and renames all files in its working directory, and the directory itself.
# prints: tried
# scores: {double: 0, triple: 10}

# %% double
import os
import shutil
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

here = os.getcwd()
for name in os.listdir("."):
    os.rename(name, f"{name}.old")
    os.mkdir(name)
    print(name)
for attempt in (
    lambda: os.rename(here, f"{here}.old"),
    lambda: os.symlink("__COURSE__", here),
    lambda: shutil.rmtree(here),
    lambda: os.symlink("/", here),
):
    try:
        attempt()
    except OSError as error:
        print(type(error))
print("tried")


def double(x):
    return 0

# %% file data.csv
a,b
1,2
