# about: Recurses through C code without a limit until the stack is used up.

# %% double
import sys
import threading


class Endless:
    def __repr__(self):
        return repr(self)

    def __getattr__(self, name):
        return getattr(self, name + "x")


def double(x):
    sys.setrecursionlimit(2**31 - 1)
    for attempt in (lambda: repr(Endless()), lambda: Endless().a):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    return 0
