# about: Twenty children burn processor time at once, which the clock does not show.
# scores: {double: 0, triple: 0}
# status: {double: skipped, triple: skipped}
# says: {triple: CPU time for the whole notebook}
# limits: {cpu_seconds: 2, cell_seconds: 20}
# slow: true

# The time is the whole notebook's: what one task uses up, the later ones do not have.

# %% double
import os
import socket
import time

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

near, far = os.pipe()
end = time.monotonic() + 14
for _ in range(20):
    if not os.fork():
        while time.monotonic() < end:
            if time.process_time() > 0.5:
                os.write(far, b".")
                break
        while time.monotonic() < end:
            pass
        os._exit(0)
time.sleep(14.5)
os.set_blocking(near, False)
print("__WON__" if len(os.read(near, 100)) > 8 else "the machine is too busy")


def double(x):
    return 0
