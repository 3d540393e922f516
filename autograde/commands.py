"""Commands of the candidate's, each in a sandbox of its own, and connections to what they serve.

Owns the grader's side of a program: its files go in by value, its output comes out as text, and a
server in there is reached over TCP connections that the warden makes and hands over, so that a
check talks to it as any client would while the network stays closed. A status and an output are
the candidate's own words; what a check believes it must have seen on a connection, or have
arranged so that no honest and no forged word can gain (a suite of tests must pass here and fail
there, and is not told which is which).

Used in hidden tests::

    with commands.start(["python", "-m", "uvicorn", "app:app"], files) as server:
        client = server.client(8000)
        client.get("/health")
    ended = commands.run(["python", "-m", "pytest", "-q"], files)
"""

import os
import select
import shutil
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import httpcore
import httpx

from autograde import checks, sandbox, warden
from autograde.errors import GradingError
from autograde.forks import Fork, Kind, templates

#: Most bytes of a command's output that are kept: half from its beginning, half from its end.
OUTPUT = 256 * 1024
#: Most bytes of one response that a client takes, headers included.
RESPONSE = 16 * 1024 * 1024
#: Seconds between two tries to reach a server that does not listen yet.
PATIENCE = 0.02

#: What is imported before a command begins, for those that start with ``python``.
LIBRARIES = ("numpy", "fastapi", "httpx", "uvicorn", "pytest")


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    why
        "by itself", "time" (it was still running), "memory" or "cpu" (it passed that limit).
    status
        Its exit status if it ended by itself, else None. The candidate's word.
    output
        What it wrote to standard output and standard error, cut in the middle if it is long.
    wall, cpu
        Seconds it ran, and CPU seconds of all its processes.
    files
        What it left in the folder ``collect``, however it ended: path in there to content, regular
        files only; None if that is more than 64 MiB or 1000 files. The candidate's word, too.
    """

    why: Literal["by itself", "time", "memory", "cpu"]
    status: int | None
    output: str
    wall: float
    cpu: float
    files: Mapping[str, bytes] | None


class Command:
    """A running command.

    Parameters
    ----------
    arguments
        Program and arguments. ``python -m module`` and ``python file`` run in a fork that has
        `libraries` imported; another program is executed.
    files
        What lies in its working directory: path to content.
    libraries
        See above.
    limits
        Those of ``lab.yaml`` that differ from :data:`LIMITS`.
    environment
        Variables on top of the sandbox's own.
    collect
        A folder in its working directory whose files are fetched when it has ended.
    gpu
        Whether it sees the GPUs of this machine.

    Raises
    ------
    GradingError, SandboxError
        If it cannot be started: no fault of the candidate's.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        files: Mapping[str, bytes],
        *,
        libraries: Iterable[str] = LIBRARIES,
        limits: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        collect: str = "",
        gpu: bool = False,
    ) -> None:
        checks.room.enter()
        confined = checks.room.sandboxed
        kind = Kind("program", tuple(libraries), sandboxed=confined, gpu=gpu)
        template = templates.get(kind)
        name, self._folder, _ = template.sockets()
        home, work, temporary = (str(self._folder / part) for part in ("home", "work", "tmp"))
        if confined:
            home, work, temporary = warden.HOME, warden.WORK, "/tmp"
        else:
            Path(home).mkdir()
            Path(temporary).mkdir()
        order = {
            "name": name,
            "shown": sandbox.shown(),
            "environment": {
                **sandbox.environment(home, temporary),
                "PYTHONUNBUFFERED": "1",
                **(environment or {}),
            },
            "cwd": work,
            "files": {},
            "own_files": dict(files),
            "limits": {**LIMITS, **checks.room.limits, **(limits or {}), "gpu": gpu},
            "collect": collect,
            "start": {"arguments": list(arguments)},
        }
        self._clients: list[httpx.Client] = []
        self._output = _Output()
        self._begun = time.monotonic()
        try:
            self._fork = Fork(template, self._output.descriptor, order)
        finally:
            self._output.begin()
        try:
            self._fork.wait_prepared()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._fork.over() is None

    @property
    def output(self) -> str:
        """What it has written so far, cut in the middle if it is long."""
        return self._output.text()

    @property
    def files(self) -> Mapping[str, bytes] | None:
        """What was left in the folder ``collect``, once it has ended; see :class:`Ended`."""
        return self._fork.files

    def cpu(self) -> float:
        """CPU seconds of all its processes so far."""
        return self._fork.usage()

    def connect(self, port: int, seconds: float = 0.0) -> socket.socket | None:
        """A TCP connection to its port, tried for some seconds; None if nobody listens there.

        The caller closes it.
        """
        deadline = time.monotonic() + seconds
        while checks.room.left():
            made = self._fork.connect(port)
            if made is not None or time.monotonic() >= deadline or not self.running:
                return made
            time.sleep(PATIENCE)
        return None

    def ready(self, port: int, seconds: float) -> bool:
        """Whether something listens on its port, waiting for that for some seconds."""
        made = self.connect(port, seconds)
        if made is not None:
            made.close()
        return made is not None

    def client(self, port: int, *, seconds: float = 10.0, **options: Any) -> httpx.Client:
        """An HTTP client of its server, closed when the command is stopped.

        Parameters
        ----------
        port
            Where it listens.
        seconds
            For one whole request, from connecting to the last byte of the response, however busily
            the server drips bytes: ``httpx.TimeoutException`` after that. A response above
            :data:`RESPONSE` is ``httpx.ReadError``.
        options
            Of ``httpx.Client``.
        """
        # httpx has no option for httpcore's network_backend; its attribute is the only way in.
        transport = httpx.HTTPTransport()
        transport._pool = httpcore.ConnectionPool(network_backend=_Backend(self, port, seconds))
        made = httpx.Client(
            transport=transport, base_url="http://localhost", timeout=seconds, **options
        )
        self._clients.append(made)
        return made

    def wait(self, seconds: float) -> Ended:
        """Wait for its end, and end it when the seconds are over."""
        try:
            left = checks.room.left()
            why = self._fork.wait(min(self._begun + seconds, time.monotonic() + left))
            if why is None:
                checks.room.left()  # its own time is over, or that of the whole check
        except BaseException:
            self.stop()
            raise
        wall = time.monotonic() - self._begun
        self.stop()
        output, cpu = self.output, self._fork.cpu
        files = self.files
        match why:
            case None if self._fork.ended != "lost":
                return Ended("time", None, output, wall, cpu, files)
            case "memory" | "cpu":
                return Ended(why, None, output, wall, cpu, files)
            case "by itself":
                return Ended(why, self._fork.status, output, wall, cpu, files)
        raise GradingError(f"a command was lost: {self._fork.template.last_words()}")

    def stop(self) -> None:
        """End it and everything that it started."""
        for client in self._clients:
            client.close()
        self._fork.end()
        self._fork.close()
        self._output.finish()
        shutil.rmtree(self._folder, ignore_errors=True)


#: Limits of a command where a lab says nothing else.
LIMITS: dict[str, Any] = {
    "cpu_seconds": 600.0,
    "memory_mb": 2048,
    "disk_mb": 512,
    "processes": 64,
    "open_files": 512,
}


class _Output:
    """The end of a command's output that is read here; it never makes the command wait."""

    def __init__(self) -> None:
        ours, self.descriptor = os.pipe()
        self._ours = os.fdopen(ours, "rb", buffering=0)
        self._first, self._last = bytearray(), bytearray()
        self._left_out = 0
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def begin(self) -> None:
        """Read from now on; the command has its own copy of the other end."""
        os.close(self.descriptor)
        self._reader.start()

    def _read(self) -> None:
        half = OUTPUT // 2
        while data := self._ours.read(65536):
            with self._lock:
                room = half - len(self._first)
                self._first += data[:room]
                self._last += data[room:]
                if len(self._last) > half:
                    self._left_out += len(self._last) - half
                    del self._last[:-half]

    def text(self) -> str:
        """What was read so far."""
        with self._lock:
            first, last, between = bytes(self._first), bytes(self._last), self._left_out
        middle = f"\n… {between} bytes left out …\n".encode() if between else b""
        return (first + middle + last).decode("utf-8", "replace")

    def finish(self) -> None:
        """Wait for the last words; every process that could write any has ended."""
        self._reader.join()
        self._ours.close()


class _Backend(httpcore.NetworkBackend):
    """Connects httpcore to one port in the sandbox, whatever address it asks for."""

    def __init__(self, command: Command, port: int, seconds: float) -> None:
        self._command, self._port, self._seconds = command, port, seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection that the warden made."""
        made = self._command.connect(self._port)
        if made is None:
            raise httpcore.ConnectError(f"nothing listens on port {self._port}")
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return _Stream(made, self._seconds)


class _Stream(httpcore.NetworkStream):
    """One connection, on which each response has to be here in time and within a size."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock, self._seconds = sock, seconds
        self._deadline = time.monotonic() + seconds
        self._reading, self._received = False, 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive a part of a response."""
        self._reading = True
        self._wait_until(httpcore.ReadTimeout)
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout("no whole response in time") from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._received += len(data)
        if self._received > RESPONSE:
            raise httpcore.ReadError(f"a response of more than {RESPONSE} bytes")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a part of a request; the first one starts the clock."""
        if self._reading or not self._received:
            self._deadline = time.monotonic() + self._seconds
        self._reading, self._received = False, 0
        self._wait_until(httpcore.WriteTimeout)
        try:
            self._sock.sendall(buffer)
        except TimeoutError:
            raise httpcore.WriteTimeout("the request is not read in time") from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def _wait_until(self, late: type[Exception]) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise late("no whole response in time")
        self._sock.settimeout(min(left, checks.room.left()))

    def close(self) -> None:
        """Close it."""
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """Whether something is waiting to be read, which means the server has closed it."""
        if info == "is_readable":
            return bool(select.select([self._sock], [], [], 0)[0])
        return None


def start(arguments: Sequence[str], files: Mapping[str, bytes], **options: Any) -> Command:
    """Start a command and leave it running; options as those of :class:`Command`."""
    return Command(arguments, files, **options)


def run(
    arguments: Sequence[str], files: Mapping[str, bytes], *, seconds: float = 60.0, **options: Any
) -> Ended:
    """Run a command to its end, or for so many seconds; options as those of :class:`Command`."""
    return Command(arguments, files, **options).wait(seconds)
