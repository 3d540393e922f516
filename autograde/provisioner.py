"""Jupyter's way to a kernel that is a template's fork.

Owns the kernel provisioner that :mod:`autograde.kernels` registers under the name ``autograde``.
Owns neither templates nor processes (:mod:`autograde.forks`), nor messages
(:mod:`autograde.kernels`).
"""

import shutil
import signal
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from autograde.forks import Fork, Template, templates


class TemplateProvisioner(KernelProvisionerBase):
    """Starts, interrupts and ends one kernel.

    ``launch_kernel`` takes what :func:`autograde.warden.run` calls an order, in the keyword
    arguments ``kind`` (:class:`autograde.forks.Kind`), ``link`` (a descriptor) and ``order``.
    """

    fork: Fork | None = None
    template: Template
    _folder: Path

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel to manage."""
        return self.fork is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the kernel's message sockets."""
        self.template = templates.get(kwargs["kind"])
        name, self._folder, inside = self.template.sockets()
        manager: Any = self.parent
        manager.ip = str(self._folder / "k")
        manager.connection_file = str(self._folder / "host.json")
        manager.write_connection_file()
        info = manager.get_connection_info()
        self.connection_info = info
        told = {**info, "ip": f"{inside}/k", "key": info["key"].decode()}
        order = {**kwargs.pop("order"), "name": name, "start": told}
        return {**kwargs, "order": order, "cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have the kernel forked; :meth:`Fork.wait_prepared` tells when its sockets are there.

        Raises
        ------
        TemplateLost
            If the template has died.
        """
        self.fork = Fork(self.template, kwargs["link"], kwargs["order"])
        return self.connection_info

    async def poll(self) -> int | None:
        """None while the kernel runs."""
        return None if self.fork is not None and self.fork.over() is None else 0

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if self.fork is not None:
            self.fork.wait()
        return 0

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel, or end it: the warden knows no other signals."""
        if self.fork is None:
            return
        if signum == signal.SIGINT:
            self.fork.interrupt()
        elif signum in (signal.SIGKILL, signal.SIGTERM):
            self.fork.end()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything that it started."""
        if self.fork is not None:
            self.fork.end()

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel; there is no gentle way."""
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what the kernel left on this side."""
        if self.fork is not None:
            self.fork.close()
            self.fork = None
        shutil.rmtree(self._folder, ignore_errors=True)
