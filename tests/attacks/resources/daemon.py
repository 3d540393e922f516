# about: A daemon in a session of its own outlives cell and kernel, and leaves files behind.

# %% double
import os
import signal
import time

if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    for number in range(200):
        time.sleep(0.1)
        try:
            with open(f"/tmp/daemon-{number}", "w") as file:
                file.write("here")
        except OSError:
            pass
    os._exit(0)


def double(x):
    return 0
