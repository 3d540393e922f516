# about: Doubles its processes until there are 256, which all wait.
# limits: {processes: 64}

# %% double
import os
import time

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

near, far = os.pipe()
first = os.fork()
if not first:
    end = time.monotonic() + 12
    for _ in range(8):
        try:
            os.fork()
        except OSError:
            time.sleep(0.1)
    os.write(far, b".")
    time.sleep(max(0, end - time.monotonic()))
    os._exit(0)
time.sleep(2)
os.set_blocking(near, False)
count = len(os.read(near, 1000))
print(count, "processes")
print("__WON__" if count > 64 else "")


def double(x):
    return 0
