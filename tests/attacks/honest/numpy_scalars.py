# about: Answers with NumPy's own numbers, of other widths than asked.

# %% triple
import numpy as np


def triple(x):
    return np.int16(3) * np.float32(x)
