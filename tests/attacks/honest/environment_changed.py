# about: Changes environment variables, also those that libraries read.

# %% before
import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["OMP_NUM_THREADS"] = "2"
os.environ["MY_FACTOR"] = "2"
os.environ.pop("LANG", None)
os.environ["PATH"] += ":/opt/nothing"
%env OTHER_FACTOR=3
del os.environ["HOME"]

# %% double
def double(x):
    return int(os.getenv("MY_FACTOR")) * x

# %% triple
def triple(x):
    return int(os.environ["OTHER_FACTOR"]) * x
