# about: Writes 200 MB to the descriptors of standard output and error, past Python and the kernel.
# limits: {output_kb: 64}

# %% double
import os

import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

print("__WON__" if any(os.path.isfile(f"/proc/self/fd/{number}") for number in (1, 2)) else "")
for number in (1, 2):
    os.set_blocking(number, False)
    for _ in range(1000):
        try:
            os.write(number, b"x" * 100_000)
        except BlockingIOError:
            pass
subprocess = __import__("subprocess")
subprocess.run(["head", "-c", "50000000", "/dev/zero"], timeout=5)


def double(x):
    return 0
