# about: Sets the variables by which Python and the shell run files of the candidate's at the start.
# prints: armed

# %% file sitecustomize.py
print("10.0")
raise SystemExit("sitecustomize of the candidate's")

# %% before
import os
import sys

here = os.getcwd()
os.environ.update(
    PYTHONPATH=here,
    PYTHONSTARTUP=f"{here}/sitecustomize.py",
    PYTHONHOME=here,
    BASH_ENV=f"{here}/sitecustomize.py",
    LD_PRELOAD=f"{here}/sitecustomize.py",
    LD_LIBRARY_PATH=here,
    PATH=here,
    IPYTHONDIR=here,
)
sys.executable = f"{here}/python"
sys.flags = sys.path_hooks = None
sys.path[:] = [here, *sys.path]
print("armed")

# %% double
def double(x):
    import os

    os._exit(1)
