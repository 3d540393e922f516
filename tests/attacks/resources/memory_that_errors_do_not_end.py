# about: Takes memory in ever smaller pieces, goes on after every MemoryError, and never ends.
# limits: {memory_mb: 600, cell_seconds: 3}
# slow: true

# %% double
import socket
import time

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

held, size, end = [], 64_000_000, time.monotonic() + 15
while time.monotonic() < end:
    try:
        if sum(map(len, held)) < 900_000_000:
            held.append(bytearray(b"x" * size))
        else:
            print("__WON__")
            break
    except MemoryError:
        size = max(1000, size // 2)


def double(x):
    return 0
