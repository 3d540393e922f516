# about: Temporary files and folders of every kind, and files in /tmp and /dev/shm.

# %% before
import os
import tempfile
from pathlib import Path

print(tempfile.gettempdir() != "")
Path("/tmp/mine.txt").write_text("mine")
Path("/dev/shm/mine.bin").write_bytes(bytes(1000))

# %% double
def double(x):
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(b"22")
        file.flush()
        return os.path.getsize(file.name) * x

# %% triple
def triple(x):
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * (3 * x))
        return file.tell()
