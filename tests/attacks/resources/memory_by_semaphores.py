# about: Makes sets of many semaphores and queues of messages, which are the system's own memory.
# limits: {memory_mb: 300}

# %% double
import ctypes
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

SETS, EACH, SIZE = 230, 32_000, 64  # 470 MB
libc = ctypes.CDLL(None, use_errno=True)
made = 0
while made < SETS and libc.semget(0, EACH, 0o1600) >= 0:
    made += 1
print(made, "sets", os.strerror(ctypes.get_errno()))
print("__WON__" if made * EACH * SIZE > 450_000_000 else "")
message, sent = ctypes.create_string_buffer(8200), 0
ctypes.c_long.from_buffer(message).value = 1
while sent < 450_000_000 and (queue := libc.msgget(0, 0o1600)) >= 0:
    while libc.msgsnd(queue, message, 8192, 0o4000) == 0:
        sent += 8192
print(sent, "bytes of messages", os.strerror(ctypes.get_errno()))
print("__WON__" if sent >= 450_000_000 else "")


def double(x):
    return 0
