# about: Warnings of every kind, text on stderr and a cell that fails, beside right answers.

# %% before
import sys
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("always")
np.array([1.0]) / np.array([0.0])
warnings.warn("deprecated", DeprecationWarning)
print("watch out", file=sys.stderr)

# %% before
this_name_does_not_exist

# %% before
1 / 0

# %% double
def double(x):
    warnings.warn("double is slow", FutureWarning)
    print("called", file=sys.stderr)
    return 2 * x

# %% after double
frame = pd.DataFrame({"a": [1, 2]})
frame["a"][0] = 5
raise SystemExit("done with this")
