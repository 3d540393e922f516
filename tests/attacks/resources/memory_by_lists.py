# about: Fills a list with 900 MB while it is called.
# limits: {memory_mb: 600}
# status: {double: out of memory}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")


def double(x):
    held = [bytes([1]) * 10_000_000 for _ in range(90)]
    print("__WON__", len(held))
    return 0
