# about: Leaves unread data in buffers of sockets and pipes, where no process seems to hold it.
# limits: {memory_mb: 300}

# %% double
import fcntl
import os
import socket

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

sent, held = 0, []
piece = bytes(1_000_000)
server = socket.create_server(("127.0.0.1", 0))


def fill(near, far):
    """Write until it would block."""
    global sent
    held.extend([near, far])
    os.set_blocking(near, False)
    try:
        while sent < 450_000_000:
            sent += os.write(near, piece)
    except BlockingIOError:
        pass


try:
    while sent < 450_000_000:
        client = socket.create_connection(server.getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000_000)
        fill(client.detach(), server.accept()[0].detach())
        pair = socket.socketpair()
        pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000_000)
        fill(*[one.detach() for one in pair])
        far, near = os.pipe()
        fcntl.fcntl(near, fcntl.F_SETPIPE_SZ, 1_000_000)
        fill(near, far)
except OSError as error:
    print(error)
print("__WON__" if sent >= 450_000_000 else sent)
for number in held:
    os.close(number)


def double(x):
    return 0
