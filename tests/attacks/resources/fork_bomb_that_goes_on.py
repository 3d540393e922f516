# about: Every child replaces itself by another one as it ends, faster than anybody could kill them.
# limits: {processes: 64, cpu_seconds: 3, cell_seconds: 8}
# slow: true

# %% after triple
import os
import socket
import time

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

end = time.monotonic() + 12
for _ in range(20):
    if os.fork():
        continue
    while time.monotonic() < end:
        try:
            if os.fork():
                os._exit(0)
            os.setsid()
        except OSError:
            pass
    os._exit(0)
time.sleep(12)
