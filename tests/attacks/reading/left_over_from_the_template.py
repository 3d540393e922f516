# about: Searches modules, objects, frames and arguments that the process has from before the fork.
# prints: tried

# %% double
import atexit
import gc
import linecache
import sys
import threading

for name in ("hidden", "nbgrader", "pytest", "_pytest", "conftest", "papermill", "ray"):
    if name in sys.modules:
        print("__WON__", name)
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None) or ""
    if "/solutions/" in file or "/tests/attacks" in file or file.endswith("hidden.py"):
        print("__WON__", file)
print(sys.argv, sys.orig_argv, sys.path, sys.flags)
print([*linecache.cache], threading.enumerate(), atexit._ncallbacks())
words = ("canary", "gradebook", "HIDDEN TESTS", "BEGIN SOLUTION")
gc.collect()
for thing in gc.get_objects():
    if type(thing) in (dict, list, tuple):
        for part in list(thing.values()) if type(thing) is dict else list(thing):
            # Not what this cell itself says.
            if type(part) is str and any(w in part for w in words) and "words =" not in part:
                print(part[:300])
for frame in sys._current_frames().values():
    while frame is not None:
        print(frame.f_code.co_filename, sorted(frame.f_locals)[:30])
        frame = frame.f_back
print("tried")


def double(x):
    return 0
