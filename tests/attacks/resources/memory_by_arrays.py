# about: Makes arrays of 900 MB in its cell and keeps them.
# limits: {memory_mb: 600}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import numpy as np

held = []
try:
    for _ in range(9):
        held.append(np.ones(12_500_000))
except MemoryError as error:
    print(error)
print("__WON__" if len(held) == 9 else len(held))


def double(x):
    return 0
