# about: Writes keys and jobs that the host would run later, for cron, systemd and login shells.
# prints: tried

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

for path in (
    "__HOME__/.ssh/authorized_keys",
    "__HOME__/.bashrc",
    "__HOME__/.ipython/profile_default/startup/00.py",
    "/root/.ssh/authorized_keys",
    "/root/.bashrc",
    "/etc/cron.d/attack",
    "/etc/crontab",
    "/etc/profile.d/attack.sh",
    "/etc/ld.so.preload",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/systemd/system/attack.service",
    "/var/spool/cron/crontabs/root",
    "/var/spool/cron/root",
    "/usr/lib/systemd/system/attack.service",
):
    made = not os.path.exists(path)
    try:
        open(path, "a").close()
        print("__WON__", path)
        if made:
            os.remove(path)
    except OSError as error:
        print(path, type(error))
print("tried")


def double(x):
    return 0
