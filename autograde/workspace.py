"""The temporary folder of this process, and what processes that were killed have left of theirs.

Owns one folder a process, removed when the process ends. One that was killed (a Ray worker is,
every time) cannot do that; the next one that starts, or :func:`sweep`, does it. A lock on the
folder says whether its process lives: the system lets go of it whatever happens.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path

_PREFIX = "autograde-"
#: A socket's whole path may have 107 bytes; this is what remains for the folder of ours.
_LONGEST = 60
_lock = threading.Lock()
_held: dict[int, tuple[Path, int]] = {}  # by process, for a fork has none yet


def folder() -> Path:
    """The folder of the process that asks, made at the first call; nobody else can look into it."""
    with _lock:
        if os.getpid() not in _held:
            sweep()
            while True:
                path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_parent()))
                descriptor = os.open(path, os.O_RDONLY)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if path.exists():  # else another process swept it away before it was locked
                    break
                os.close(descriptor)
            _held[os.getpid()] = path, descriptor
            atexit.register(_remove, os.getpid())
        return _held[os.getpid()][0]


def sweep() -> None:
    """Remove the folders of processes that are gone."""
    for path in _parent().glob(f"{_PREFIX}*"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # somebody else's, or gone already
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass  # its process lives
        finally:
            os.close(descriptor)


def _parent() -> Path:
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= _LONGEST else Path("/tmp")


def _remove(owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(_held.pop(owner)[0], ignore_errors=True)
