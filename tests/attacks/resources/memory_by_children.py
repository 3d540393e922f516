# about: Ten children take 100 MB each, so that none of them is above the limit.
# limits: {memory_mb: 600}
# status: {double: out of memory}

# %% double
import os
import time

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

near, far = os.pipe()
for _ in range(10):
    if not os.fork():
        held = os.urandom(1000) * 100_000
        os.write(far, b".")
        time.sleep(10)
        os._exit(len(held) % 7)
time.sleep(3)
os.set_blocking(near, False)
print("__WON__" if len(os.read(near, 100)) == 10 else "too few")


def double(x):
    return 0
