# about: Tries every port of the loopback interface, where kernels, databases and notebooks listen.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import psutil

# The kernel itself listens for its children's output.
own = {one.laddr.port for one in psutil.Process().net_connections()}
for port in {*range(1, 65536)} - own:
    with socket.socket() as near:
        near.settimeout(0.2)
        if near.connect_ex(("127.0.0.1", port)) == 0 and near.getsockname()[1] != port:
            print("__WON__", port)  # and not by chance with itself
print("tried")


def double(x):
    return 0
