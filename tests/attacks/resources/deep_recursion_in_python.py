# about: Recurses in Python code, whose frames lie on the heap, until memory is used up.
# limits: {memory_mb: 600}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import sys


def deeper(level, *held):
    return deeper(level - 1, level, *held[:20]) if level else 0


def double(x):
    sys.setrecursionlimit(2**31 - 1)
    return deeper(3_000_000)
