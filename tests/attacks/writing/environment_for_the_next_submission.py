# about: Changes libraries, environment and signals in memory for whoever is forked next.
# prints: changed

# %% double
import os
import signal
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import builtins
import ctypes
import time

import numpy as np
import pandas as pd

print("changed", flush=True)
time.sleep(0.3)  # what follows may break its own messages too
builtins.sum = builtins.max = lambda *a: 0
np.array = pd.DataFrame = np.testing.assert_allclose = None
os.environ["PYTHONSTARTUP"] = os.environ["LD_PRELOAD"] = "/tmp/none.so"
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ctypes.CDLL(None).setenv(b"PATH", b"/nowhere", 1)
# Pages that are shared with the process it was forked from, if there are any, can be written.
with open("/proc/self/maps") as file:
    for line in file:
        span, flags, *_ = line.split()
        if flags == "rw-s" and "/dev/zero" in line:
            first, last = (int(end, 16) for end in span.split("-"))
            ctypes.memset(first, 255, last - first)


def double(x):
    return 0
