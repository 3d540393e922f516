# about: Changes the grader's files without writing into them, by names, times, modes, removal.
# prints: tried

# %% double
import os
import shutil
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

for path in (
    "__COURSE__/gradebook.db",
    "__COURSE__/submitted/other/trial/trial.ipynb",
    "__HOME__/.ssh/id_ed25519",
    "__COURSE__",
):
    for attempt in (
        lambda p: os.truncate(p, 1),
        lambda p: os.chmod(p, 0o777),
        lambda p: os.chown(p, os.getuid(), os.getgid()),
        lambda p: os.utime(p, (0, 0)),
        lambda p: os.setxattr(p, "user.attack", b"1"),
        lambda p: os.rename(p, f"{p}.old"),
        lambda p: shutil.copyfile("/dev/null", p),
        os.remove,
        shutil.rmtree,
    ):
        try:
            attempt(path)
            print("__WON__", path)
        except OSError as error:
            print(path, type(error))
print("tried")


def double(x):
    return 0
