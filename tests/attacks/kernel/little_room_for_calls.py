# about: Leaves the kernel so little room for calls inside calls that whoever asks it must fail.

# %% before
import sys

sys.setrecursionlimit(150)
sys.setswitchinterval(10)

# %% double
def double(x):
    return double(x)
