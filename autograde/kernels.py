"""One kernel process: start it, run a cell or a request in it, interrupt it, kill it.

Owns processes, their environment and the waiting for their messages. Knows nothing of checks or
of which cell goes where (:mod:`autograde.execute`). Messages from a candidate's kernel are
untrusted: only their text is kept, by :mod:`autograde.outputs`, and only until a time limit.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any, Literal

import psutil
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from autograde.errors import GradingError
from autograde.outputs import Outputs

#: Seconds that an interrupted kernel has to give up before it is killed.
GRACE = 2.0
#: Seconds that a kernel has to start; only a broken installation takes longer.
START = 90.0
#: Largest message taken from a kernel, bytes (a larger one ends its channel, and the output of
#: later cells is lost), and how many may wait unread on a channel.
MESSAGE = 256 * 1024 * 1024
WAITING = 10

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def environment(home: Path) -> dict[str, str]:
    """A kernel's whole environment: no token, no path of the grader's, one thread a library.

    ``PYTHONHASHSEED`` is fixed so that the same notebook does the same thing twice.
    """
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **dict.fromkeys(THREADS, "1"),
    }


class _OneSpec(KernelSpecManager):
    """Answers every request for a kernel with the one command it was made with."""

    def __init__(self, argv: list[str]) -> None:
        super().__init__()
        self._argv = argv

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=self._argv, display_name=kernel_name, language="python")


@dataclass(frozen=True)
class Ran:
    """How a cell's run ended; ``reset`` says that it wiped the notebook's names."""

    ended: Literal["ok", "error", "timed out", "died"]
    error: str = ""
    reset: bool = False
    wall: float = 0.0


class Kernel:
    """A running kernel of ``python -m <module>`` with one end of a link.

    Parameters
    ----------
    module
        ``autograde.candidate`` or ``autograde.grader``.
    cwd, home
        Working directory and home directory of the process.
    link
        File descriptor of its end of the link; closed in this process by the caller.
    sockets
        Folder for the kernel's message sockets (short path: 107 bytes is the system's limit).
    """

    def __init__(self, module: str, *, cwd: Path, home: Path, link: int, sockets: Path) -> None:
        argv = [sys.executable, "-m", module, str(link), "-f", "{connection_file}"]
        self._manager = KernelManager(
            kernel_name=module,
            kernel_spec_manager=_OneSpec(argv),
            transport="ipc",
            ip=str(sockets / module.rpartition(".")[2]),
            connection_file=str(sockets / f"{module}.json"),
        )
        # What a process says before its kernel runs goes to a file: a full pipe would block it.
        self._log = sockets / f"{module}.log"
        with self._log.open("wb") as log:
            self._manager.start_kernel(
                env=environment(home),
                cwd=str(cwd),
                pass_fds=(link,),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._client: BlockingKernelClient = self._manager.client()
        self._popen: subprocess.Popen[bytes] = vars(self._manager.provisioner)["process"]
        self._process = psutil.Process(self._popen.pid)
        self._cpu = 0.0

    def wait_ready(self) -> None:
        """Wait until the kernel answers.

        Raises
        ------
        GradingError
            If it does not.
        """
        # While a check runs nobody reads the candidate's output; what waits must not fill memory.
        self._client.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)
        self._client.context.setsockopt(zmq.RCVHWM, WAITING)
        self._client.start_channels(stdin=False, hb=False)
        try:
            self._client.wait_for_ready(timeout=START)
        except RuntimeError as error:
            said = self._log.read_bytes()[-2000:].decode("utf-8", "replace")
            raise GradingError(f"a kernel did not start ({error}); it said: {said}") from error

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._popen.poll() is None

    def cpu(self) -> float:
        """CPU seconds of the process and its finished children so far."""
        try:
            self._cpu = float(sum(self._process.cpu_times()[:4]))
        except psutil.Error:
            pass  # gone: what it had used when last asked
        return self._cpu

    def run(self, source: str, seconds: float, outputs: Outputs | None) -> Ran:
        """Run a cell and collect what it prints; interrupted, then killed, when time is up."""
        begun = time.monotonic()
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        reply, late = self._talk("execute_request", content, seconds, outputs)
        wall = time.monotonic() - begun
        if reply is None:
            return Ran("timed out" if late else "died", reset=True, wall=wall)
        reset = reply.get("autograde_reset") is True
        if late:
            return Ran("timed out", reset=reset, wall=wall)
        if reply.get("status") == "ok":
            return Ran("ok", reset=reset, wall=wall)
        error = f"{reply.get('ename')}: {reply.get('evalue')}"
        return Ran("error", error=error, reset=reset, wall=wall)

    def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a request on the shell channel without waiting; returns its id."""
        message = self._client.session.msg(kind, content)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def ask(self, kind: str, content: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send a request and wait for its reply, interrupting it when time is up.

        None if the kernel died, or was too slow even then.
        """
        return self._talk(kind, content, seconds, None)[0]

    def settle(self, request: str, seconds: float) -> bool:
        """Wait for the reply to a request sent before; whether it came."""
        return self._wait(request, seconds, None)[0] is not None

    def _talk(
        self, kind: str, content: dict[str, Any], seconds: float, outputs: Outputs | None
    ) -> tuple[dict[str, Any] | None, bool]:
        request = self.send(kind, content)
        reply, late = self._wait(request, seconds, outputs)
        if late:
            self.interrupt()
            reply, still = self._wait(request, GRACE, outputs)
            if still:
                self.kill()
        return reply, late

    def _wait(
        self, request: str, seconds: float, outputs: Outputs | None
    ) -> tuple[dict[str, Any] | None, bool]:
        """Reply to a request (None: none came) and whether time ran out."""
        deadline = time.monotonic() + seconds
        shell, iopub = self._client.shell_channel, self._client.iopub_channel
        poller = zmq.Poller()
        poller.register(shell.socket, zmq.POLLIN)
        poller.register(iopub.socket, zmq.POLLIN)
        reply: dict[str, Any] | None = None
        idle = False
        while not (reply is not None and idle):
            now = time.monotonic()
            if now >= deadline:
                return reply, reply is None
            ready = dict(poller.poll(min(100, int(1000 * (deadline - now)) + 1)))
            if not ready and not self.alive():
                return reply, False
            if iopub.socket in ready:
                message = _receive(iopub)
                if message is not None and message["parent_header"].get("msg_id") == request:
                    idle = idle or _take(message, outputs)
            if shell.socket in ready:
                message = _receive(shell)
                if message is not None and message["parent_header"].get("msg_id") == request:
                    reply = message["content"]
                    # Output sent before the reply is on its way; it has two seconds.
                    deadline = min(deadline, time.monotonic() + GRACE)
        return reply, False

    def interrupt(self) -> None:
        """Send SIGINT to the kernel's process group."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End the process group at once and wait for it."""
        self._signal(signal.SIGKILL)
        self._popen.wait(timeout=10)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            try:
                os.killpg(os.getpgid(self._process.pid), number)
            except ProcessLookupError:
                pass  # ended between the two lines

    def close(self) -> None:
        """Kill the process and release sockets and files."""
        self.cpu()
        self.kill()
        self._client.stop_channels()
        self._manager.cleanup_resources()


def _receive(channel: Any) -> dict[str, Any] | None:
    try:
        message: dict[str, Any] = channel.get_msg(timeout=0)
    except Empty:
        return None
    # The candidate's process knows the key of its messages and can send any bytes; jupyter_client
    # raises many kinds of error on them (AttributeError for a version that is a number).
    except Exception:
        return None
    well_formed = isinstance(message.get("content"), dict) and isinstance(
        message.get("parent_header"), dict
    )
    return message if well_formed else None


def _take(message: dict[str, Any], outputs: Outputs | None) -> bool:
    """Keep an output message; True for the message that says the request is done."""
    content = message["content"]
    kind = str(message.get("msg_type"))
    if kind == "status":
        return bool(content.get("execution_state") == "idle")
    if outputs is not None:
        if kind == "clear_output":
            outputs.clear()
        else:
            outputs.add(kind, content)
    return False
