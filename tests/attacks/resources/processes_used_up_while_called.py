# about: Starts threads and processes until none can be started, while it is called.
# limits: {processes: 64}
# status: {double: crashed}
# says: {double: limit of processes}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import subprocess


def double(x):
    held = [subprocess.Popen(["sleep", "10"]) for _ in range(300)]
    print("__WON__", len(held))
    return 0
