# about: Ends its process without a word, in its cell and again when it is called.
# status: {double: crashed}

# %% before
import os

os._exit(0)

# %% double
import os


def double(x):
    os._exit(0)
