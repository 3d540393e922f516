# about: Listens on every interface and looks for an address at which others could connect.
# prints: listening

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import socket

import psutil

server = socket.create_server(("0.0.0.0", 0))
port = server.getsockname()[1]
print("listening on", port)
families = (socket.AF_INET, socket.AF_INET6)
found = [a for some in psutil.net_if_addrs().values() for a in some]
addresses = {a.address for a in found if a.family in families}
try:
    addresses |= {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), port)}
except OSError as error:
    print(error)
for address in addresses:
    if address.startswith("127.") or address in ("::1", "0.0.0.0"):
        continue
    try:
        with socket.create_connection((address, port), timeout=0.5):
            print("__WON__", address)
    except OSError as error:
        print(address, error)


def double(x):
    return 0
