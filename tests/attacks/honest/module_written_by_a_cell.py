# about: Writes modules with %%writefile, imports and reloads them, one of them a package.

# %% before
%%writefile scaling.py
"""Helpers of this notebook."""


def scale(x, factor):
    return factor * x

# %% before
import pathlib

pathlib.Path("tools").mkdir(exist_ok=True)
pathlib.Path("tools/__init__.py").write_text("from .inner import THREE\n")
pathlib.Path("tools/inner.py").write_text("THREE = 3\n")
%load_ext autoreload
%autoreload 2
import importlib

import scaling

importlib.reload(scaling)

# %% double
from scaling import scale


def double(x):
    return scale(x, 2)

# %% triple
import tools


def triple(x):
    return scaling.scale(x, tools.THREE)
