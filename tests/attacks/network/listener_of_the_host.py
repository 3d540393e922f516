# about: Connects to a port that the host listens on, by every address that may mean the host.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import socket

hosts = {"127.0.0.1", "127.0.0.2", "localhost", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}
hosts |= {socket.gethostname(), "host.docker.internal", "10.0.2.2", "172.17.0.1"}
for host in hosts:
    try:
        with socket.create_connection((host, __PORT__), timeout=0.5):
            print("__WON__", host)
    except OSError as error:
        print(host, error)
print("tried")


def double(x):
    return 0
