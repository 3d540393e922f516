# about: Connects to addresses of the internet, which are there for documentation and never answer.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import errno
import socket

AWAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EPERM, errno.EACCES, errno.EADDRNOTAVAIL}
for family, host in (
    (socket.AF_INET, "198.51.100.1"),
    (socket.AF_INET, "203.0.113.7"),
    (socket.AF_INET6, "2001:db8::1"),
):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, kind) as near:
                near.settimeout(0.5)
                near.connect((host, 80))
                near.send(b"hello")
            print("__WON__", host, kind)
        except OSError as error:
            # A refusal or no answer: a packet went out.
            print("" if error.errno in AWAY else "__WON__", host, kind, error)
print("tried")


def double(x):
    return 0
