# about: Puts a module, a .pth file and a sitecustomize.py among the installed packages.
# prints: tried

# %% double
import os
import site
import socket
import sys
import sysconfig

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

folders = {*site.getsitepackages(), *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}
for folder in folders:
    for name in ("aaa_attack.pth", "sitecustomize.py", "usercustomize.py", "attack.py"):
        path = os.path.join(folder, name)
        try:
            with open(path, "x") as file:
                file.write("import os; os.environ['ATTACK'] = '1'\n")
            print("__WON__", path)
            os.remove(path)
        except OSError as error:
            print(path, type(error))
for module in ("numpy", "pandas", "json", "autograde", "ipykernel", "IPython"):
    path = __import__(module).__file__
    for attempt in (lambda p: open(p, "r+"), lambda p: os.chmod(p, 0o666), os.utime):
        try:
            attempt(path)
            print("__WON__", path)
        except OSError as error:
            print(path, type(error))
print("tried")


def double(x):
    return 0
