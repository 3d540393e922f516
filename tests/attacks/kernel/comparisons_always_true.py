# about: Frames, series and arrays say that they are equal to anything.
# naive: true
# prints: armed

# %% check
frame = pd.DataFrame({"a": [1]})
assert double(frame).equals(pd.DataFrame({"a": [2]}))
assert np.allclose(double(np.ones(2)), 2)
assert np.array_equal(double(np.arange(3)), [0, 2, 4])

# %% before
import numpy as np
import pandas as pd


def yes(*args, **kwargs):
    return True


for kind in (pd.DataFrame, pd.Series, pd.Index):
    kind.__eq__ = kind.equals = kind.all = yes
np.all = np.allclose = np.array_equal = np.isclose = yes
print("armed")

# %% double
def double(x):
    return x
