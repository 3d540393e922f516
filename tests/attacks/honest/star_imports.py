# about: Star imports that rebind many builtins, and variables with the names of others.

# %% before
from math import *
from os.path import *
from numpy import *

list, type, id, input, dict = [1, 2], "kind", 7, "given", {}

# %% double
def double(x):
    return 2 * x

# %% triple
from operator import *

object = str = print = None
triple = lambda x: mul(3, x)
