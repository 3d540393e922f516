# about: Opens sockets that see or make whole packets, and families that no namespace confines.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import socket

# Virtual machines, Bluetooth, the kernel's cryptography and InfiniBand; XDP and CAN.
families = {"vsock": 40, "bluetooth": 31, "alg": 38, "rds": 21, "tipc": 30, "xdp": 44, "can": 29}
attempts = {
    "raw": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "raw, version 6": (socket.AF_INET6, socket.SOCK_RAW, 58),
    "packets": (17, socket.SOCK_RAW, 0x0300),
    "packets without head": (17, socket.SOCK_DGRAM, 0x0300),
    **{name: (family, socket.SOCK_STREAM, 0) for name, family in families.items()},
    **{f"{name} raw": (family, socket.SOCK_RAW, 1) for name, family in families.items()},
    **{f"{name} whole": (family, socket.SOCK_SEQPACKET, 0) for name, family in families.items()},
}
for what, arguments in attempts.items():
    try:
        socket.socket(*arguments).close()
        print("__WON__", what)
    except OSError as error:
        print(what, error)
print("tried")


def double(x):
    return 0
