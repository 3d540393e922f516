# about: Ignores every signal that can be ignored, and never ends.
# limits: {cell_seconds: 2}
# status: {double: timed out}
# slow: true

# %% double
import signal
import time

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass


def double(x):
    return 0
