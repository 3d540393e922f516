"""What a command costs: CPU and wall-clock time of it and of every process that it has started.

Owns the counting and the clean surroundings in which the benchmarks run commands. Owns no table and
no promise: those are :mod:`grading`'s and :mod:`cohort`'s.

CPU time is that of the whole tree of processes, counted twice. Once by the system: this process
adopts every orphan in the tree (Linux's child subreaper) and waits for it; what is still alive when
the first process of its namespace ends, as a sandboxed kernel always is, can be waited for by
nobody, so whoever asks adds the wardens' own count as it stands in the results. And once by looking
at all processes ten times a second: Ray's node manager lets the system forget its workers. Either
count can only miss something, so the larger one holds.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from autograde import namespaces, sandbox

#: Seconds between two looks at the processes.
LOOK = 0.1
#: Seconds for which a run's left-over processes may go on before they are ended.
PATIENCE = 20.0

REPOSITORY = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0))

out = Console(width=140, soft_wrap=True, highlight=False)
err = Console(stderr=True, width=140, soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class Spent:
    """What a command took.

    Attributes
    ----------
    cpu, wall
        CPU and wall-clock seconds.
    seen
        The CPU time by looking alone.
    own_cpu, own_mib
        CPU seconds of the command's first process, and the most memory that it ever held, in MiB.
    """

    cpu: float
    wall: float
    seen: float = 0.0
    own_cpu: float = 0.0
    own_mib: float = 0.0


class Surroundings:
    """A temporary folder with the environment in which commands run; nothing is left elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            # Jupyter, IPython, matplotlib and Ray keep files; these go with the folder.
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "RAY_TMPDIR": str(folder / "tmp"),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "agg",
            **dict.fromkeys(sandbox.THREADS, "1"),
        }

    @property
    def said(self) -> str:
        """What the last command printed."""
        return (self.folder / "log").read_text()

    def start(self, command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
        """Begin a command of this environment in a folder."""
        program = str(Path(sys.executable).parent / command[0])
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                [program, *command[1:]],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def call(self, command: Sequence[str], folder: Path, *, may_fail: bool = False) -> Spent:
        """Run a command to its end and that of every process that it has started."""
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        process = self.start(command, folder)
        with _Looking(process.pid) as looking:
            status = process.wait()
            wall = time.monotonic() - begun
            wait_for_orphans()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status != 0 and not may_fail:
            sys.exit(f"{' '.join(command)} ended with {status}:\n{self.said[-4000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Spent(cpu, wall, looking.cpu, looking.own_cpu, looking.own_mib)

    def make_ours(self, root: Path, labs: Sequence[str]) -> None:
        """A repository with these labs, built."""
        root.mkdir()
        for name in ("pyproject.toml", "nbgrader_config.py"):
            shutil.copy(REPOSITORY / name, root)
        for lab in labs:
            shutil.copytree(REPOSITORY / "solutions" / lab, root / "solutions" / lab)
        self.call(["autograde", "build"], root)

    def make_vanilla(self, root: Path, ours: Path, labs: Sequence[str]) -> None:
        """A course with the same labs in which everything is nbgrader's own."""
        for lab in labs:
            source = root / "source" / lab
            shutil.copytree(ours / "course" / "source" / lab, source)
            for module in (REPOSITORY / "solutions" / lab).glob("*.py"):
                if module.name != "lab.py":
                    shutil.copy(module, source)
        (root / "nbgrader_config.py").write_text("c = get_config()\n")
        for lab in labs:
            self.call(["nbgrader", "generate_assignment", lab], root)


class _Looking(threading.Thread):
    """Looks at this process's descendants until it is left; ``cpu`` is what they used."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.own_mib = 0.0
        self._first = first
        self._over = threading.Event()
        self._seen: dict[tuple[str, str], int] = {}

    def __enter__(self) -> "_Looking":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look until it is over."""
        while not self._over.wait(LOOK):
            self._look()

    @property
    def cpu(self) -> float:
        """Seconds of all."""
        return sum(self._seen.values()) / os.sysconf("SC_CLK_TCK")

    @property
    def own_cpu(self) -> float:
        """Seconds of the first process alone."""
        ticks = sum(t for (number, _), t in self._seen.items() if number == str(self._first))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _look(self) -> None:
        found: dict[str, list[str]] = {}
        for file in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has ended
                found[file.parent.name] = file.read_text().rpartition(")")[2].split()
        children = defaultdict(list)
        for number, (_, parent, *_) in found.items():
            children[parent].append(number)
        family = [str(os.getpid())]
        for number in family:
            family += children[number]
        for number in family[1:]:
            fields = found[number]  # with the time of its start, as numbers are used again
            self._seen[number, fields[19]] = int(fields[11]) + int(fields[12])
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self._first}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.own_mib = int(line.split()[1]) / 1024


def wait_for_orphans() -> None:
    """Wait for adopted processes: only what has been waited for is counted."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            number, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if number == 0:
            if time.monotonic() > deadline:
                out.print(f"ended what a run left behind: {kill_all()}")
            time.sleep(0.01)


def kill_all() -> list[str]:
    """Kill everything that this process has started; the names of what was left."""
    names = []
    while left := psutil.Process().children(recursive=True):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                names.append(process.name())
                process.kill()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)  # what its end has orphaned comes here
    return names


def adopt() -> None:
    """Make this process the one that orphans come to, and let a signal end it in good order."""
    namespaces.adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit("ended early"))
