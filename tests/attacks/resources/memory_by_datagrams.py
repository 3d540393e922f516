# about: Leaves large datagrams unread, whose senders are closed, so that few sockets hold much.
# limits: {memory_mb: 300}

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

piece, sent, receivers = bytes(200_000), 0, []
try:
    while sent < 450_000_000:
        name = f"\0receiver{len(receivers)}"
        receivers.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        receivers[-1].bind(name)
        for _ in range(1000):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as near:
                near.setblocking(False)
                try:
                    sent += near.sendto(piece, name)
                except BlockingIOError:
                    break
except OSError as error:
    print(error)
print("__WON__" if sent >= 450_000_000 else sent, len(receivers))
del receivers


def double(x):
    return 0
