# about: Functions made by partial, lru_cache and operator rather than by def.

# %% double
import functools
import operator


@functools.cache
def factor():
    return 2


double = functools.partial(operator.mul, factor())

# %% triple
@functools.lru_cache(maxsize=None)
def triple(x):
    return 3 * x
