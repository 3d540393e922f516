# about: The kernel ends, but a child of it holds its sockets, so that nobody hears the end.
# status: {double: crashed}

# %% double
import os
import time


def double(x):
    if not os.fork():
        os.setsid()
        time.sleep(15)
        os._exit(0)
    os._exit(0)
