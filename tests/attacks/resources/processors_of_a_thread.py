# about: A thread goes on burning the processor's time after its cell and its check are over.
# limits: {cpu_seconds: 4}

# %% before
import threading
import time


def burn():
    end = time.monotonic() + 12
    while time.monotonic() < end:
        sum(range(1000))

# %% double
for _ in range(4):
    threading.Thread(target=burn, daemon=True).start()


def double(x):
    return 0
