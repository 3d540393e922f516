# about: Sends garbage and descriptors into every socket that it was born with.
# prints: sent
# slow: true

# %% double
import os
import socket
import stat
import time

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

print("sent", flush=True)
time.sleep(0.3)  # what follows breaks its own messages too
for name in os.listdir("/proc/self/fd"):
    number = int(name)
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            continue
        sock = socket.socket(fileno=os.dup(number))
        if sock.family != socket.AF_UNIX:
            continue
        sock.setblocking(False)
        for data in (b"!", b"\x00" * 64, b"\xff" * 64, b"!" * 4096):
            socket.send_fds(sock, [data], [0, 1])
            sock.send(data)
        print(sock.recv(100))
    except OSError as error:
        print(number, type(error))


def double(x):
    return 0
