# about: Leaves the folders that a kernel needs full of odd names and closed to everybody.
# prints: closed

# %% double
import os
import socket
import stat

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

home = os.path.expanduser("~")
for folder in ("/tmp", "/dev/shm", "/run", "/var/tmp", "/work", os.getcwd(), home):
    try:
        os.makedirs(f"{folder}/{'d/' * 500}", exist_ok=True)
        os.mkfifo(f"{folder}/pipe\n\x1b[31m\udcff")
        os.symlink("loop", f"{folder}/loop")
        os.chmod(folder, 0)
        print("closed", folder, stat.filemode(os.stat(folder).st_mode))
    except OSError as error:
        print(folder, type(error))


def double(x):
    return 0
