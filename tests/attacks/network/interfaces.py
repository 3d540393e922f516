# about: Lists interfaces, routes, neighbours and connections, and changes them.
# prints: tried

# %% double
import fcntl
import socket
import struct

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import psutil

print(psutil.net_if_addrs())
print("__WON__" if {*psutil.net_if_addrs()} - {"lo"} else "")
for name in ("arp", "route", "tcp", "udp", "fib_trie", "dev"):
    try:
        with open(f"/proc/net/{name}") as file:
            rows = file.read()
        print(name, rows[:2000])
        print("__WON__" if f":{__PORT__:04X}" in rows or "eth" in rows else "")
    except OSError as error:
        print(name, type(error))
with socket.socket() as near:
    # Take the loopback interface down; give it an address of the internet.
    for request, rest in (
        (0x8914, struct.pack("h14x", 0)),
        (0x8916, struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton("192.0.2.1"))),
    ):
        try:
            fcntl.ioctl(near, request, struct.pack("16s", b"lo") + rest)
            print("__WON__")
        except OSError as error:
            print(error)
print("tried")


def double(x):
    return 0
