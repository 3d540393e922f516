# about: Threads and exit handlers that never finish keep the process from ending.

# %% double
import atexit
import sys
import threading
import time

threading.Thread(target=time.sleep, args=(30,)).start()
atexit.register(time.sleep, 30)
threading._register_atexit(time.sleep, 30)


def double(x):
    sys.exit(0)
