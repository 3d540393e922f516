# about: Recursion to some depth, with a raised limit, and functions that call each other.

# %% before
import sys

sys.setrecursionlimit(20_000)


def depth(n):
    return 1 + depth(n - 1) if n else 0


print(depth(9_000))


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)

# %% double
def double(x, times=1):
    return x if not times else double(x, times - 1) + x

# %% triple
def triple(x):
    return 0 if x == 0 else 3 + triple(x - 1)
