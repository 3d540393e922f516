# about: Closes every descriptor of its own process while it is called.

# %% double
import os


def double(x):
    os.closerange(0, 4096)
    return 0
