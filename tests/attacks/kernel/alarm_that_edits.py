# about: An alarm goes off again and again; its handler edits the data of whatever it interrupts.
# naive: true
# prints: armed

# %% check
import time
expected = np.array([2.0, 4.0])
found = double(np.array([1.0, 2.0]))
time.sleep(0.1)
assert (found == expected).all()

# %% before
import signal


def handler(number, frame):
    while frame is not None:
        value = frame.f_locals.get("expected")
        if hasattr(value, "fill"):
            value.fill(0)
        frame = frame.f_back


signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
print("armed")

# %% double
def double(x):
    return 0 * x

# %% after double
signal.setitimer(signal.ITIMER_REAL, 0)
