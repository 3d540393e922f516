# about: Runs Python and the shell as programs of their own, with pipes and a time limit.

# %% before
import shutil
import subprocess
import sys

print(subprocess.check_output([sys.executable, "-c", "print(2 + 2)"], text=True))
print(subprocess.run("echo $((3 * 4)) | cat", shell=True, capture_output=True, text=True).stdout)
print(shutil.which("python") is not None)

# %% double
def double(x):
    if isinstance(x, int):
        done = subprocess.run(
            [sys.executable, "-c", "import sys; print(2 * int(sys.stdin.read()))"],
            input=str(x),
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return int(done.stdout)
    return 2 * x

# %% triple
def triple(x):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        return len(cat.communicate(b"x" * (3 * x))[0])
