# about: Sends data on connections that nobody accepts, and closes its own ends of them.
# limits: {memory_mb: 300}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

piece, sent, listeners = bytes(100_000), 0, []
for number in range(20):
    for family, address in (
        (socket.AF_UNIX, f"\0listener{number}"),
        (socket.AF_INET, ("127.0.0.1", 0)),
    ):
        listeners.append(socket.socket(family))
        listeners[-1].bind(address)
        listeners[-1].listen(4096)
        for _ in range(1000):
            if sent > 450_000_000:
                break
            with socket.socket(family) as near:
                near.setblocking(False)
                try:
                    near.connect(listeners[-1].getsockname())
                except BlockingIOError:
                    if family is socket.AF_UNIX:
                        break  # so many may wait
                try:
                    while True:
                        sent += near.send(piece)
                except OSError:
                    pass
print("__WON__" if sent > 450_000_000 else sent)
del listeners


def double(x):
    return 0
