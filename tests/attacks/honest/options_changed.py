# about: Changes options of pandas, NumPy, Matplotlib and the interpreter for its own display.

# %% before
import decimal
import gc
import sys

import matplotlib
import numpy as np
import pandas as pd

pd.set_option("display.max_rows", 5, "display.precision", 2)
pd.options.mode.copy_on_write = True
pd.set_option("mode.chained_assignment", None) if pd.__version__ < "3" else None
np.set_printoptions(precision=2, suppress=True, threshold=5)
np.seterr(all="raise")
matplotlib.rcParams["figure.dpi"] = 50
matplotlib.use("Agg")
decimal.getcontext().prec = 5
sys.setswitchinterval(0.01)
gc.disable()
pd.DataFrame(np.random.rand(20, 3)).style.format("{:.1f}")

# %% triple
def triple(x):
    with np.errstate(divide="ignore"):
        np.log(np.zeros(1))
    return 3 * x
