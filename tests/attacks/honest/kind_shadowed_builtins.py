# about: Variables are called like builtins and like the modules that the check uses.

# %% double
list = dict = len = 3
from math import *
hidden = call = require = np = "mine"


def double(x, sum=2):
    return sum * x
