"""What a template's fork becomes: a warden that confines, watches and ends one process.

Owns the confinement of one submission: its namespaces, file systems, limits and end. Owns no
decision about points; it tells the grader's side which limit was passed.

Theory of operation
-------------------
The *warden* is the template's child and stays outside what it makes: new namespaces of processes,
mounts, network, System V objects and host name. Its own child is the *first process* in them, which
collects orphans, passes an interrupt on, and whose end is the end of every process in there,
daemons included. The child of that is the *kernel* (or a program, :mod:`autograde.program`), which
gives up every capability, is filtered, and only then meets the candidate's code. The warden cannot
be named by a process in there, reads its use of memory and CPU in their ``/proc``, and takes
requests from the grader's side on its connection, with one reply to each: interrupt, usage, and a
connection to a port of the loopback in there, which only one who shares that network can make. At
its own connection's end it ends everything.

As root the namespaces are made with root's rights and the kernel becomes an ordinary user after
that; otherwise a user namespace comes first. Either way the kernel's user exists in a user
namespace of its own, so that its processes are counted apart from all others.
"""

import contextlib
import os
import resource
import select
import signal
import socket
import stat
import sys
import tempfile
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Never

import psutil

from autograde import namespaces, wire

#: The account that candidates' code runs under, here and inside.
NOBODY = 65534
HOME = "/home/candidate"
#: Where the lab's files are, and a notebook works.
WORK = f"{HOME}/work"
#: Where the host's folder of message sockets is seen, and one kernel's part of it.
SOCKETS, OWN_SOCKETS = "/run/kernels", "/run/kernel"
#: A place to mount what then goes where it is used.
SCRATCH = "/run/scratch"
#: Largest order, bytes: a lab's files and the candidate's.
LIMIT = 1024 * 1024 * 1024
#: Most bytes and files that are collected at a process's end.
COLLECTED, MOST_FILES = 64 * 1024 * 1024, 1000
#: Seconds for a connection on the loopback; a server that lives takes it at once.
CONNECT = 1.0
#: Seconds between two looks at memory and CPU.
INTERVAL = 0.05
#: What a kernel says when it is ready for its first cell.
READY = b"!"
MB = 1024 * 1024
#: Most bytes that the kernel keeps for one socket; no process seems to hold them. Twice its usual
#: buffer, which a kernel may not change (:func:`autograde.namespaces.filter_calls`).
SOCKET = 416 * 1024
_TICKS = os.sysconf("SC_CLK_TCK")

Order = Mapping[str, Any]


def run(connection: socket.socket, link: int, role: str, sandboxed: bool) -> Never:
    """Take an order from the connection, start the kernel it asks for, and watch it to its end.

    An order is a dictionary: ``name`` (the kernel's part of the folder of sockets), ``shown``
    (absolute paths of the host that stay in sight), ``environment``, ``cwd``, ``files`` and
    ``own_files`` (path to content; of the latter, what has no place is left out), ``start`` (what
    the role's ``prepare`` is given), ``limits`` (those of ``lab.yaml``, and ``gpu``) and, if any,
    ``collect`` (a folder in ``cwd``; its files are told with the end).
    """
    try:
        order = wire.read(connection, limit=LIMIT, deadline=None)
        ours, theirs = socket.socketpair()
        if sandboxed:
            _enter_sandbox(order)
            child = _first_process(order, role, link, theirs)
        else:
            namespaces.adopt_orphans()
            child = _kernel(order, role, link, theirs)
        os.close(link)
        theirs.close()
        said = ours.recv(4096)
        ours.close()
        if said != READY:
            _tell(connection, "failed", said.decode("utf-8", "replace") or "it ended at once")
        else:
            if sandboxed:
                namespaces.unmount(OWN_SOCKETS)
            _tell(connection, "ready")
            _Watch(connection, child, order, confined=sandboxed).keep()
    except BaseException:
        _tell(connection, "failed", traceback.format_exc())
    finally:
        os._exit(0)


def probe() -> Never:
    """Enter a sandbox as for a kernel and end with status 0, or with 1 and the error on stderr."""
    folder = Path(SOCKETS, "probe")
    folder.mkdir(exist_ok=True)
    status = 1
    try:
        _enter_sandbox({"name": folder.name, "shown": [], "limits": {"disk_mb": 1}})
        child = os.fork()
        if child == 0:
            _become_nobody()
            namespaces.drop_capabilities()
            namespaces.filter_calls()
            status = 0
        else:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        os._exit(status)


def _tell(connection: socket.socket, *words: object) -> None:
    try:
        wire.write(connection, words, limit=LIMIT)
    except OSError:
        pass  # nobody is interested any more


def _enter_sandbox(order: Order) -> None:
    """Enter new namespaces and lay out the file system in them."""
    if os.getuid() != 0:
        namespaces.own_users(os.getuid(), os.getgid())
    namespaces.unshare(namespaces.CLONE_NEWALL)
    namespaces.mount("", "/", "", namespaces.MS_SLAVE | namespaces.MS_REC)
    namespaces.mount(f"{SOCKETS}/{order['name']}", OWN_SOCKETS, "", namespaces.MS_BIND)
    flags = namespaces.MS_NOSUID | namespaces.MS_NODEV
    namespaces.mount("none", SOCKETS, "tmpfs", flags | namespaces.MS_RDONLY, "size=4k")
    disk = order["limits"]["disk_mb"]
    # A file takes a page and a node of its own; nodes are memory too.
    data = f"size={disk}m,nr_inodes={max(1000, 100 * disk)},mode=0755"
    namespaces.mount("none", SCRATCH, "tmpfs", flags, data)
    # What is shown of the host's /tmp (an environment that lies there) stays in sight.
    shown = [path for path in order["shown"] if path.startswith(("/tmp/", f"{HOME}/"))]
    kept = {path: os.open(path, os.O_PATH) for path in shown}
    for place in ("/tmp", "/dev/shm", HOME):
        part = SCRATCH + place
        os.makedirs(part)
        os.chmod(part, 0o1777)
        namespaces.mount(part, place, "", namespaces.MS_BIND)
    namespaces.unmount(SCRATCH)
    for path, descriptor in kept.items():
        os.makedirs(path, exist_ok=True)
        flags = namespaces.MS_BIND | namespaces.MS_REC
        namespaces.mount(f"/proc/self/fd/{descriptor}", path, "", flags)
        os.close(descriptor)
    namespaces.loopback_up()
    socket.sethostname("sandbox")


def _first_process(order: Order, role: str, link: int, ready: socket.socket) -> int:
    """Fork the first process of the new namespace, which forks the kernel; the former's number."""
    warden = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _become_nobody()
        namespaces.end_with_parent(warden)
        kernel = _kernel(order, role, link, ready, confine=True)
        _close_all_but(set())
        namespaces.drop_capabilities()

        def interrupt(*_: object) -> None:
            try:
                os.killpg(kernel, signal.SIGINT)
            except ProcessLookupError:
                pass  # it is ending

        signal.signal(signal.SIGINT, interrupt)
        status = 0
        while True:
            ended, how = os.wait()
            if ended == kernel:
                status = os.waitstatus_to_exitcode(how)
                break
    except BaseException:
        ready.send(traceback.format_exc().encode()[-4000:])
    finally:
        os._exit(status if status >= 0 else 128 - status)  # as a shell says it


def _become_nobody() -> None:
    """See only this namespace's processes, and be nobody in particular."""
    flags = namespaces.MS_NOSUID | namespaces.MS_NODEV | namespaces.MS_NOEXEC
    namespaces.mount("proc", "/proc", "proc", flags)
    for direction in ("rmem", "wmem"):
        limits = f"4096 {SOCKET // 2} {SOCKET}"
        Path(f"/proc/sys/net/ipv4/tcp_{direction}").write_text(limits)
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        namespaces.own_users(NOBODY, NOBODY)


def _kernel(
    order: Order, role: str, link: int, ready: socket.socket, *, confine: bool = False
) -> int:
    """Fork the kernel; its process number as its parent sees it."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        _close_all_but({link, ready.fileno()})
        os.environ.update(order["environment"])
        tempfile.tempdir = None  # what the template found out is of no use here
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()  # else every fork would draw the same numbers
        os.makedirs(order["cwd"], exist_ok=True)
        os.chdir(order["cwd"])
        # The lab's own files first: a candidate cannot replace the data, nor stop the grading
        # with a file where the lab has a folder.
        _write_files(order["files"])
        _write_files(order["own_files"], forgiving=True)
        if confine:
            _confine(order["limits"])  # before there is a second thread, which would not be bound
        app = import_module(f"autograde.{role}").prepare(link, order["start"])
        ready.send(READY)
        ready.close()
    except BaseException:
        ready.send(traceback.format_exc().encode()[-4000:])
        os._exit(1)
    try:
        app.start()
    finally:
        os._exit(0)


def _confine(limits: Mapping[str, Any]) -> None:
    """Give up every right and set every limit that a process can set for itself."""
    namespaces.dumpable(True)  # its own /proc/self is its own business
    ceilings = {
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    if not limits["gpu"]:  # CUDA reserves address space by the terabyte
        # What the template has reserved is free: a candidate's memory is what comes on top.
        taken = _status(os.getpid())["VmData"]
        ceilings[resource.RLIMIT_DATA] = taken + limits["memory_mb"] * MB
    for kind, most in ceilings.items():
        resource.setrlimit(kind, (most, most))
    # If the host runs out of memory all the same, this is whom it kills.
    Path("/proc/self/oom_score_adj").write_text("1000")
    namespaces.drop_capabilities()
    namespaces.filter_calls()


def _write_files(files: Mapping[str, bytes], *, forgiving: bool = False) -> None:
    """Write new files; ``forgiving`` leaves out one whose place is taken or name is no good."""
    for relative, data in files.items():
        path = Path(relative)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A fresh folder holds no links, so this cannot write elsewhere.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except (OSError, RecursionError):  # the latter for folders a thousand deep
            if not forgiving:
                raise


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


class _Watch:
    """A warden's watch over one kernel; there are no limits where there is no sandbox."""

    def __init__(
        self, connection: socket.socket, child: int, order: Order, *, confined: bool
    ) -> None:
        self._connection, self._child = connection, child
        self._limits: Mapping[str, Any] | None = order["limits"] if confined else None
        folder = order.get("collect")
        self._collect = Path(order["cwd"], folder) if folder else None
        self._cpu = 0.0
        self._seen: dict[tuple[int, int], float] = {}  # own CPU seconds of each process, ever

    def keep(self) -> None:
        """Watch until the kernel ends, passes a limit or is no longer wanted."""
        ended = os.pidfd_open(self._child)
        poller = select.poll()
        poller.register(ended, select.POLLIN)
        poller.register(self._connection, select.POLLIN)
        why: str | None = None
        while why is None:
            wait = None if self._limits is None else INTERVAL * 1000
            ready = dict(poller.poll(wait))
            if self._connection.fileno() in ready and not self._answer():
                why = "closed"
            elif ended in ready:
                why = "by itself"
            elif self._limits is not None:
                why = self._passed(self._limits)
        status = self._end()
        files = collected(self._collect) if self._collect else {}
        _tell(self._connection, "ended", why, self._cpu, status, files)

    def _answer(self) -> bool:
        """Carry out one request; False if there will be no more."""
        try:
            request = wire.read(self._connection, limit=LIMIT, deadline=None)
        except (EOFError, OSError):
            return False
        match request:
            case ("interrupt",):
                if self._limits is None:
                    os.killpg(self._child, signal.SIGINT)
                else:
                    os.kill(self._child, signal.SIGINT)
                _tell(self._connection, "interrupted")
            case ("usage",):
                self._measure()
                _tell(self._connection, "usage", self._cpu)
            case ("connect", int(port)):
                self._connect(port)
        return True

    def _connect(self, port: int) -> None:
        """Hand over a connection to a port; a descriptor stays in the network it was made in."""
        try:
            made = socket.create_connection(("127.0.0.1", port), timeout=CONNECT)
        except OSError as error:
            _tell(self._connection, "refused", str(error))
            return
        with made, contextlib.suppress(OSError):
            made.setblocking(True)
            _tell(self._connection, "connected")
            socket.send_fds(self._connection, [b"c"], [made.fileno()])

    def _passed(self, limits: Mapping[str, Any]) -> str | None:
        """The limit that was passed, if any."""
        self._measure()
        if self._cpu > limits["cpu_seconds"]:
            return "cpu"
        most = limits["memory_mb"] * MB - _sockets() * SOCKET
        if sum(map(_resident, self._processes())) <= most:
            return None
        return "memory" if sum(map(_memory, self._processes())) > most else None

    def _measure(self) -> None:
        """Take note of the CPU seconds of all the kernel's processes, ended ones included.

        What its parent waited for is in the parent's account; what nobody waited for is in no
        account, but was seen alive. The larger sum counts, for in part they are the same.
        """
        accounts = 0.0
        for process in self._processes():
            begun, own, waited_for = _cpu(process)
            self._seen[process, begun] = own
            accounts += own + waited_for
        self._cpu = max(self._cpu, accounts, sum(self._seen.values()))

    def _processes(self) -> list[int]:
        if self._limits is not None:  # the whole /proc there is the kernel's
            return [int(name) for name in os.listdir("/proc") if name.isdigit()]
        try:
            found = psutil.Process(self._child).children(recursive=True)
        except psutil.Error:
            return []
        return [self._child, *(process.pid for process in found)]

    def _end(self) -> int:
        """Kill everything that the kernel started, and wait for it; the kernel's exit status."""
        status = 0
        while self._limits is None:
            ended, how = _reap(self._child)
            status = os.waitstatus_to_exitcode(how) if ended else status
            left = psutil.Process().children(recursive=True)
            if not left:
                return status
            for process in left:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    pass
            while _reap(-1)[0]:
                pass
        os.kill(self._child, signal.SIGKILL)
        _, how, used = os.wait4(self._child, 0)
        self._cpu = max(self._cpu, used.ru_utime + used.ru_stime)
        return os.waitstatus_to_exitcode(how)


def collected(folder: Path) -> dict[str, bytes] | None:
    """The files below a folder: path in it to content, or None if they are too many or too large.

    Its owner's processes have ended, so nothing changes meanwhile. Only regular files are read;
    links, pipes and what has no name in UTF-8 do not count.
    """
    found: dict[str, bytes] = {}
    left = COLLECTED
    if folder.is_symlink():
        return found
    try:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place, name)
                about = path.lstat()
                if not stat.S_ISREG(about.st_mode):
                    continue
                left -= about.st_size
                if left < 0 or len(found) == MOST_FILES:
                    return None
                with contextlib.suppress(UnicodeEncodeError):
                    relative = path.relative_to(folder).as_posix()
                    relative.encode()
                    found[relative] = path.read_bytes()
    except (OSError, RecursionError):  # no right to read it; folders a thousand deep
        return None
    return found


def _reap(process: int) -> tuple[int, int]:
    """Collect a child (-1: any) that has ended: its number (0: none has), and how it ended."""
    try:
        return os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return 0, 0


def _cpu(process: int) -> tuple[int, float, float]:
    """When a process began (in ticks), its CPU seconds, and those of children it has waited for."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0, 0.0
    own, waited_for = (sum(map(int, fields[i : i + 2])) / _TICKS for i in (11, 13))
    return int(fields[19]), own, waited_for


def _status(process: int, file: str = "status") -> dict[str, int]:
    """Sizes that a file of ``/proc/<process>`` gives in kB, in bytes; none if it is gone."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.endswith(" kB"))
    return {pair[0].rstrip(":"): int(pair[1]) * 1024 for pair in pairs}


def _resident(process: int) -> int:
    """Memory of a process in bytes, what it shares with the template included: cheap to read."""
    sizes = _status(process)
    return sum(sizes.get(name, 0) for name in ("RssAnon", "RssShmem", "VmSwap", "VmPTE"))


def _memory(process: int) -> int:
    """Memory of a process in bytes, with its part of what it shares."""
    sizes = _status(process, "smaps_rollup")
    if not sizes:  # it has forbidden the look, and is counted in full
        return _resident(process)
    own = sum(sizes.get(name, 0) for name in ("Pss_Anon", "Pss_Shmem", "SwapPss"))
    return own + _status(process).get("VmPTE", 0)


def _sockets() -> int:
    """How many sockets there are in the sandbox; processes of any other namespace see others."""
    try:
        words = Path("/proc/1/net/sockstat").read_text().split()
    except OSError:
        return 0
    return int(words[2])  # sockets: used N
