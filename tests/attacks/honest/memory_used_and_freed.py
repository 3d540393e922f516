# about: Takes a third of the memory it may have, several times, and gives it back.
# limits: {memory_mb: 1200}

# %% before
import numpy as np

for _ in range(5):
    large = np.ones(50_000_000)
    print(large.sum())
    del large

# %% double
def double(x):
    held = bytearray(300_000_000)
    return 2 * x if held else 0
