# about: Publishes a single message of 300 MB.
# limits: {output_kb: 64, cell_seconds: 10}
# slow: true

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

from IPython.display import display

display({"text/plain": "x" * 300_000_000}, raw=True)


def double(x):
    return 0
