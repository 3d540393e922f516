# about: The functions are made by NumPy, out of a Python function.

# %% double
import numpy


def double(x):
    return x + x


plain = double
fast = numpy.vectorize(plain)


def double(x):
    return fast(x) if isinstance(x, numpy.ndarray) else plain(x)

# %% triple
import numpy

triple = numpy.frompyfunc(lambda x: 3 * x, 1, 1)
