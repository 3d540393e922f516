# about: Changes into a temporary folder, which is gone when the checks begin.

# %% before
import os
import sys
import tempfile

import helper

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("here.txt", "w") as file:
        file.write("2")
    factor = int(open("here.txt").read())
sys.path.insert(0, "/tmp")

# %% double
def double(x):
    return factor * x

# %% triple
os.makedirs("/tmp/elsewhere", exist_ok=True)
%cd /tmp/elsewhere


def triple(x):
    return helper.THREE * x

# %% file helper.py
THREE = 3
