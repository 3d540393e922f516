# about: All clocks stand still, so that nothing takes any time.
# naive: true
# prints: armed

# %% check
import time
begun = time.perf_counter()
assert double(1) == 2
assert time.perf_counter() - begun < 0.2, "too slow"

# %% before
import time

wait = time.sleep
time.time = time.perf_counter = time.process_time = time.monotonic = lambda: 0.0
time.time_ns = time.perf_counter_ns = time.monotonic_ns = lambda: 0
time.sleep = lambda seconds: None
print("armed")

# %% double
def double(x):
    wait(0.4)
    return 2 * x
