# about: A thread looks through all frames and changes what is expected into what was returned.
# naive: true
# prints: armed

# %% check
import time
expected = [2.0, 4.0]
found = double([1.0, 2.0][:1])
time.sleep(0.1)
assert found == expected

# %% before
import sys
import threading
import time


def edit():
    while True:
        for frame in list(sys._current_frames().values()):
            while frame is not None:
                value = frame.f_locals.get("expected")
                if type(value) is list:
                    value[:] = [0] * len(value)
                frame = frame.f_back
        time.sleep(0.001)


threading.Thread(target=edit, daemon=True).start()
print("armed")

# %% double
def double(x):
    return [0, 0]
