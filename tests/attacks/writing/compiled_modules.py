# about: Puts compiled code into the caches of installed modules, where the next import finds it.
# prints: tried

# %% double
import importlib.util
import os
import socket
import sys

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

for name in ("json", "random", "numpy.random", "pandas.testing", "autograde.checks", "this"):
    spec = importlib.util.find_spec(name)
    cache = spec.cached
    for path in (cache, cache.replace(".pyc", ".opt-1.pyc"), cache + ".attack"):
        try:
            with open(path, "ab"):
                print("__WON__", path)
        except OSError as error:
            print(path, type(error))
    try:
        os.replace(cache, cache + ".old")
        print("__WON__", cache)
    except OSError as error:
        print(cache, type(error))
print(sys.pycache_prefix)
print("tried")


def double(x):
    return 0
