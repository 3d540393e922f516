# about: Uses SIGALRM and faulthandler as a time limit of its own, and handles Ctrl-C.

# %% before
import faulthandler
import signal
import time


class TookTooLong(Exception):
    pass


def ring(number, frame):
    raise TookTooLong


signal.signal(signal.SIGALRM, ring)
faulthandler.dump_traceback_later(60, file=open("stacks.txt", "w"))

# %% double
def double(x):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        time.sleep(10)
    except TookTooLong:
        return 2 * x
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

# %% triple
def triple(x):
    signal.alarm(5)
    try:
        return 3 * x
    finally:
        signal.alarm(0)
