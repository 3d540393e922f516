"""Forks of warm templates: the host's side of :mod:`autograde.template`.

Owns the templates of this process (one for each role, set of libraries and kind of confinement) and
the conversation with the warden of each process that they fork. Owns no messages of Jupyter's
(:mod:`autograde.provisioner`) and nothing that such a process says.
"""

import atexit
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograde import sandbox, warden, wire, workspace
from autograde.errors import GradingError, SandboxError

#: Seconds that a template has to import everything, and that it has to fork a process.
IMPORTS = 180.0
START = 60.0


#: Why a fork ended: :class:`Fork` says what each means.
Why = Literal["by itself", "memory", "cpu", "closed", "failed", "lost"]


class TemplateLost(GradingError):
    """A template or a warden died: no fault of the candidate's, who cannot reach either."""


@dataclass(frozen=True)
class Kind:
    """What a template is for; kernels of one kind are forks of one template.

    Attributes
    ----------
    role
        ``candidate``, ``grader`` or ``program``: the module of what it forks.
    libraries
        What it imports, in this order.
    sandboxed, gpu
        Whether it lives in the sandbox, and sees the GPUs there.
    """

    role: str
    libraries: tuple[str, ...] = ()
    sandboxed: bool = False
    gpu: bool = False


class Template:
    """A running template process."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix=f"{kind.role}-", dir=workspace.folder()))
        self._log = self.folder / "template.log"
        self._lock = threading.Lock()
        self._count = 0
        sockets = self.folder / "sockets"
        sockets.mkdir(mode=0o700)
        self._control, theirs = socket.socketpair()
        package = str(Path(__file__).parent.parent)
        start = (
            "import sys; sys.path.append(sys.argv.pop(1)); "
            "from autograde.template import main; main(sys.argv[1:])"
        )
        confinement = "sandboxed" if kind.sandboxed else "open"
        arguments = [kind.role, confinement, str(theirs.fileno()), *kind.libraries]
        # -P: nothing that lies where it starts is imported. Not by a variable of the environment,
        # which every python that a candidate starts would obey, unlike at home.
        line = [sys.executable, "-P", "-c", start, package, *arguments]
        inherited: list[int] = []
        if kind.sandboxed:
            line, inherited = sandbox.command(line, sockets=sockets, gpu=kind.gpu)
            home, temporary = warden.HOME, "/tmp"
        else:
            home, temporary = str(Path.home()), str(self.folder)
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    line,
                    env=sandbox.environment(home, temporary),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(theirs.fileno(), *inherited),
                    start_new_session=True,  # Ctrl-C is this process's to handle
                )
        except OSError as error:
            raise SandboxError(f"{line[0]} cannot be started: {error}") from error
        finally:
            theirs.close()
            for descriptor in inherited:
                os.close(descriptor)
        self._control.settimeout(IMPORTS)

    def wait_ready(self) -> None:
        """Wait until everything is imported.

        Raises
        ------
        SandboxError
            If it ends before that.
        """
        with self._lock:
            if self._control.gettimeout() is None:
                return
            try:
                said = self._control.recv(1)
            except OSError:
                said = b""
            if said != b"!":
                raise SandboxError(self.last_words() or "a template ended without a word")
            self._control.settimeout(None)

    def last_words(self) -> str:
        """What the template wrote to its standard error, the end of it."""
        try:
            return self._log.read_bytes()[-2000:].decode("utf-8", "replace").strip()
        except OSError:
            return ""

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return self._process.poll() is None

    @property
    def busy(self) -> bool:
        """Whether there are kernels of it."""
        return any((self.folder / "sockets").iterdir())

    def sockets(self) -> tuple[str, Path, str]:
        """A new kernel's folder of message sockets: its name, where it is, how it looks inside."""
        with self._lock:
            self._count += 1
            name = f"{self._count}"
        folder = self.folder / "sockets" / name
        folder.mkdir(mode=0o700)
        if self.kind.sandboxed and os.geteuid() == 0:
            os.chown(folder, warden.NOBODY, warden.NOBODY)
        return name, folder, warden.OWN_SOCKETS if self.kind.sandboxed else str(folder)

    def fork(self, link: int, order: Mapping[str, Any]) -> socket.socket:
        """Ask for a kernel; returns the connection to its warden.

        Raises
        ------
        TemplateLost
            If the template is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"k"], [theirs.fileno(), link])
            wire.write(ours, order, limit=warden.LIMIT, deadline=time.monotonic() + START)
        except OSError as error:
            ours.close()
            raise TemplateLost(f"a template is gone: {error}; {self.last_words()}") from error
        return ours

    def close(self) -> None:
        """End the template and every kernel that it forked, and remove its folder."""
        self._control.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Templates:
    """The templates of this process, started when first needed and kept.

    Above ``most`` of them, those without a kernel that were used longest ago make room.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._kept: dict[Kind, Template] = {}

    def get(self, kind: Kind) -> Template:
        """The template of that kind, ready to fork."""
        with self._lock:
            template = self._kept.pop(kind, None)
            if template is not None and not template.alive:
                template.close()
                template = None
            if template is None:
                template = Template(kind)
            self._kept[kind] = template  # the newest is last
            idle = [k for k, t in self._kept.items() if k != kind and not t.busy]
            for old in idle[: max(0, len(self._kept) - self._most)]:
                self._kept.pop(old).close()
        try:
            template.wait_ready()
        except BaseException:
            self.discard(template)
            raise
        return template

    def discard(self, template: Template) -> None:
        """End a template that is of no more use."""
        with self._lock:
            if self._kept.get(template.kind) is template:
                del self._kept[template.kind]
        template.close()

    def close(self) -> None:
        """End all templates."""
        if os.getpid() != self._owner:
            return  # in a fork of the process that started them
        with self._lock:
            kept, self._kept = list(self._kept.values()), {}
        for template in kept:
            template.close()


templates = Templates()
atexit.register(templates.close)


class Fork:
    """A process that a template forked, as its warden tells of it.

    Parameters
    ----------
    template
        Whose fork.
    link
        A descriptor that it gets; closed in this process by the caller.
    order
        What it is and may do (:func:`autograde.warden.run`).

    Attributes
    ----------
    ended
        Why it ended: "by itself", "memory", "cpu", "closed" (it was no longer wanted), "failed" (it
        could not be prepared), "lost" (its warden is gone); None as far as is known.
    status
        Its exit status, negative for a signal; None until it has ended. Its own word.
    cpu
        CPU seconds of all its processes, when last asked.
    files
        What it left in the folder that the order calls ``collect``: path to content; None if that
        is too much. Its own word, too.
    """

    def __init__(self, template: Template, link: int, order: Mapping[str, Any]) -> None:
        self.template = template
        self.ended: Why | None = None
        self.status: int | None = None
        self.cpu = 0.0
        self.files: dict[str, bytes] | None = {}
        self._lock = threading.RLock()  # clients in several threads ask for connections
        self._connection = template.fork(link, order)

    def wait_prepared(self) -> None:
        """Wait until it is ready: a kernel's message sockets are bound, a program begins.

        Raises
        ------
        TemplateLost
            If the template has died.
        GradingError
            If it cannot be prepared, with what the warden said.
        """
        word, *rest = self._hear(time.monotonic() + START)
        if self.ended == "lost":
            raise TemplateLost(f"a template is gone: {self.template.last_words()}")
        if word != "ready":
            raise GradingError(f"a process cannot be prepared: {rest[0] if rest else word}")

    def _hear(self, deadline: float | None) -> Any:
        """The next word from the warden; one that tells of the end is kept."""
        try:
            said = wire.read(self._connection, limit=warden.LIMIT, deadline=deadline)
        except TimeoutError:
            raise TemplateLost("a warden does not answer") from None
        except (EOFError, OSError, wire.Malformed):
            self.ended = "lost"
            said = ("ended", "lost", self.cpu, None, {})
        if said[0] == "ended":
            self.ended, self.cpu, self.status, self.files = said[1:]
        elif said[0] == "failed":
            self.ended = "failed"
        return said

    def _ask(self, *request: object) -> Any:
        """Ask the warden; None if the process has ended."""
        with self._lock:
            if self.ended is None:
                try:
                    wire.write(self._connection, request, limit=warden.LIMIT)
                except OSError:
                    pass  # its last word is still to be read
                said = self._hear(time.monotonic() + START)
                if self.ended is None:
                    return said
            return None

    def usage(self) -> float:
        """CPU seconds of all its processes so far."""
        said = self._ask("usage")
        if said is not None:
            self.cpu = said[1]
        return self.cpu

    def interrupt(self) -> None:
        """Interrupt what it does, as Ctrl-C would."""
        self._ask("interrupt")

    def connect(self, port: int) -> socket.socket | None:
        """A TCP connection to a port of its loopback; None if nobody takes it there."""
        with self._lock:
            said = self._ask("connect", port)
            if said is None or said[0] != "connected":
                return None
            _, descriptors, _, _ = socket.recv_fds(self._connection, 1, 1)
            # None comes if the warden dies between its word and the descriptor.
            return socket.socket(fileno=descriptors[0]) if descriptors else None

    def over(self) -> Why | None:
        """Why it ended; None if it runs."""
        with self._lock:
            if self.ended is None:
                self._connection.setblocking(False)
                try:
                    self._connection.recv(1, socket.MSG_PEEK)
                except BlockingIOError:
                    return None
                except OSError:
                    pass  # as good as closed
                finally:
                    self._connection.setblocking(True)
                self._hear(time.monotonic() + START)
            return self.ended

    def wait(self, deadline: float | None = None) -> Why | None:
        """Wait for its end, or for the deadline (``time.monotonic()``); why it ended, or None."""
        while self.ended is None:
            if deadline is not None:
                left = max(0.0, deadline - time.monotonic())
                if not select.select([self._connection], [], [], left)[0]:
                    return None
            self._hear(None)
        return self.ended

    def end(self) -> None:
        """End it and everything that it started, and wait until that is done."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        self.wait()

    def close(self) -> None:
        """Let go of the connection, at which the warden ends what is left."""
        self._connection.close()
