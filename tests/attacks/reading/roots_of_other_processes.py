# about: Looks at the host's files through the root, the folder and the mappings of other processes.
# prints: tried
# prelude: others

# %% double
import os

for pid in [*others(), "self", "thread-self"]:
    for way in ("root", "cwd", "root/proc/1/root", "cwd/..", "cwd/../..", "exe"):
        base = f"/proc/{pid}/{way}"
        try:
            print(base, os.listdir(base)[:50] if way != "exe" else os.readlink(base))
        except OSError as error:
            print(base, type(error))
        for path in ("__COURSE__/gradebook.db", "__HOME__/.ssh/id_ed25519", "hidden.py"):
            try:
                with open(os.path.join(base, path.lstrip("/")), "rb") as file:
                    print(file.read()[:5000])
            except OSError as error:
                print(type(error))
print("tried")


def double(x):
    return 0
