# about: Children that nobody waits for burn processor time in slices, which no account adds up.
# limits: {cpu_seconds: 2, cell_seconds: 20}
# slow: true

# %% after triple
import os
import signal
import socket
import time

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
near, far = os.pipe()
end = time.monotonic() + 14
running = 0
while time.monotonic() < end:
    while running < 4:
        running += 1
        if not os.fork():
            while time.process_time() < 0.2:
                pass
            os.write(far, b".")
            os._exit(0)
    running -= len(os.read(near, 4))
    print("a slice", flush=True)
    if (burned := globals().get("burned", 0) + 0.2) > 8:
        print("__WON__", burned)
        break
