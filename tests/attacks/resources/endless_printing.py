# about: Prints until it is stopped.
# limits: {cell_seconds: 3, output_kb: 64}
# status: {double: timed out}
# slow: true

# %% double
import time

end = time.monotonic() + 15
while time.monotonic() < end:
    print("x" * 1000, flush=True)


def double(x):
    return 0
