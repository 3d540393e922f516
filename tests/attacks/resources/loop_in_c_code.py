# about: Stays for a minute in C code that looks at no signal and holds the interpreter's lock.
# limits: {cell_seconds: 2}
# status: {double: timed out}
# slow: true

# %% double
import itertools


def double(x):
    return int(1 in itertools.repeat(0, 5 * 10**9))
