# about: Goes out by way of whatever proxy the environment or its files name.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import os
import urllib.request

found = urllib.request.getproxies()
print(sorted(found))
for path in ("~/.config/pip/pip.conf", "~/.netrc", "~/.curlrc", "~/.npmrc", "/etc/apt/apt.conf"):
    if os.path.exists(os.path.expanduser(path)):
        print("__WON__", path)
print("__WON__" if found else "tried")
try:
    urllib.request.urlopen("http://198.51.100.1/", timeout=1)
    print("__WON__")
except OSError as error:
    late = isinstance(getattr(error, "reason", error), TimeoutError)
    print("__WON__ a packet went out" if late else "tried", error)


def double(x):
    return 0
