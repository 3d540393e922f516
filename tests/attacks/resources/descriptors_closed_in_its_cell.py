# about: Closes every descriptor in a cell of its own, before anything is asked.

# %% before
import os

os.closerange(0, 4096)

# %% double
def double(x):
    return 0
