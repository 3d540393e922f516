# about: Starts 300 threads, which all wait.
# limits: {processes: 64}

# %% double
import threading
import time

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

count = 0
try:
    for count in range(300):
        threading.Thread(target=time.sleep, args=(12,), daemon=True).start()
except RuntimeError as error:
    print(error)
print(count, "threads")
print("__WON__" if count > 64 else "")


def double(x):
    return 0
