# about: Children that nobody waits for burn processor time in slices, which no account adds up.
# limits: {cpu_seconds: 1.5, cell_seconds: 20}
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
running = slices = 0
while time.monotonic() < end and slices < 20:
    while running < 4:
        running += 1
        if not os.fork():
            while time.process_time() < 0.2:
                pass
            os.write(far, b".")
            os._exit(0)
    ended = len(os.read(near, 4))
    running -= ended
    slices += ended
print("__WON__" if slices >= 20 else "the machine is too busy", slices)
