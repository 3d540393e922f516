"""One kernel process: start it, run a cell or a request in it, interrupt it, kill it.

Owns the conversation with a kernel and the waiting for its messages. Knows nothing of checks or of
which cell goes where (:mod:`autograde.execute`), nor how a process comes about
(:mod:`autograde.forks`). Messages from a candidate's kernel are untrusted: only their text is
kept, by :mod:`autograde.outputs`, and only until a time limit.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any, Literal

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from autograde.errors import GradingError
from autograde.forks import Fork, Kind, TemplateLost
from autograde.outputs import Outputs

#: Seconds that an interrupted kernel has to give up before it is killed.
GRACE = 2.0
#: Seconds that a kernel has to answer for the first time; only a broken one takes longer.
START = 60.0
#: Largest message taken from a kernel, bytes (a larger one ends its channel, and the output of
#: later cells is lost), and how many may wait unread on a channel.
MESSAGE = 256 * 1024 * 1024
WAITING = 10

# Here and not in pyproject.toml: on a worker of Ray's this package is a folder, not installed.
KernelProvisionerFactory.provisioners["autograde"] = EntryPoint(
    "autograde", "autograde.provisioner:TemplateProvisioner", KernelProvisionerFactory.GROUP_NAME
)


class _Forked(KernelSpecManager):
    """Answers every request for a kernel with one that is a template's fork."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            display_name=kernel_name,
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "autograde"}},
        )


@dataclass(frozen=True)
class Ran:
    """How a cell's run ended; ``reset`` says that it wiped the notebook's names."""

    ended: Literal["ok", "error", "timed out", "died"]
    error: str = ""
    reset: bool = False
    wall: float = 0.0


class Kernel:
    """A running kernel with one end of a link.

    Parameters
    ----------
    kind
        What it is a fork of.
    link
        File descriptor of its end of the link; closed in this process by the caller.
    order
        Its files, environment and limits (:func:`autograde.warden.run`).
    """

    def __init__(self, kind: Kind, *, link: int, order: Mapping[str, Any]) -> None:
        self._manager = KernelManager(
            kernel_name=kind.role, kernel_spec_manager=_Forked(), transport="ipc"
        )
        self._manager.start_kernel(kind=kind, link=link, order=order)
        provisioner: Any = self._manager.provisioner
        self._fork: Fork = provisioner.fork
        self._client: BlockingKernelClient = self._manager.client()

    def wait_ready(self) -> None:
        """Wait until the kernel answers and is heard.

        Raises
        ------
        GradingError
            If it does not.
        """
        self._fork.wait_prepared()
        # While a check runs nobody reads the candidate's output; what waits must not fill memory.
        self._client.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE)
        self._client.context.setsockopt(zmq.RCVHWM, WAITING)
        self._client.start_channels(stdin=False, hb=False)
        # What a kernel publishes is lost until it knows that somebody listens; each question's
        # "idle" tells whether it does. Of several answers any will do.
        deadline = time.monotonic() + START
        patience = 0.05
        while time.monotonic() < deadline and self.alive():
            request = self.send("kernel_info_request", {})
            if self._heard(request, patience):
                return
            patience = min(2 * patience, 2.0)
        raise GradingError(f"a kernel did not start: {self._fork.template.last_words()}")

    def _heard(self, request: str, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        iopub = self._client.iopub_channel
        while (left := deadline - time.monotonic()) > 0:
            if iopub.socket.poll(int(1000 * left) + 1):
                message = _receive(iopub)
                if message is not None and message["parent_header"].get("msg_id") == request:
                    return True
        return False

    def alive(self) -> bool:
        """Whether the kernel still runs.

        Raises
        ------
        TemplateLost
            If it ended because its template or warden did.
        """
        over = self._fork.over()
        if over == "lost":
            raise TemplateLost(f"a kernel's warden is gone: {self._fork.template.last_words()}")
        return over is None

    @property
    def passed(self) -> str | None:
        """The limit for which the kernel was ended: ``"memory"``, ``"cpu"`` or None."""
        over = self._fork.ended
        return over if over in ("memory", "cpu") else None

    def cpu(self) -> float:
        """CPU seconds of the kernel and everything that it started, so far."""
        return self._fork.usage()

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
        """Interrupt what the kernel does, as Ctrl-C would."""
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """End the kernel and everything that it started, and wait for it."""
        self._fork.end()

    def close(self) -> None:
        """Kill the kernel and release sockets and files."""
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
