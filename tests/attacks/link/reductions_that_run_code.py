# about: Returns objects whose pickles would run code on the other side.
# status: {double: wrong}

# %% double
import numpy as np
import pandas as pd


class Boom:
    def __reduce__(self):
        return eval, ("__import__('os')._exit(7)",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()


def double(x):
    if isinstance(x, pd.DataFrame):
        return pd.DataFrame({"a": [Boom()]}, dtype=object)
    if isinstance(x, np.ndarray):
        return np.array([Boom(), Boom()], dtype=object)
    return Boom()
