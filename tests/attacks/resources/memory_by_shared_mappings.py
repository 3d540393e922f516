# about: Fills anonymous memory that is shared with children, which no limit of a process counts.
# limits: {memory_mb: 600}
# status: {double: out of memory}

# %% double
import mmap
import os
import time

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

held = []
for _ in range(9):
    held.append(mmap.mmap(-1, 100_000_000))
    held[-1].write(b"x" * 100_000_000)
    time.sleep(0.1)
print("__WON__", len(held))


def double(x):
    return 0
