"""A process that has imported a lab's libraries and forks a ready kernel for each submission.

Owns the template's own life: import, wait, fork. What a fork becomes is :mod:`autograde.warden`'s,
how a template is started and asked is :mod:`autograde.forks`'s. Imports cost 2-9 CPU seconds
a notebook; here they are paid once for many.

Theory of operation
-------------------
The template holds one end of a control socket. A byte on it carries two descriptors: the warden's
connection and the kernel's end of the link. The template forks and forgets both; everything else is
said on the connection, to the fork. When the control socket closes, because whoever started the
template closed it or died, the template ends; each fork ends with its own connection. Nothing of a
submission ever enters the template itself.
"""

import gc
import importlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from autograde import namespaces, warden

#: What a plain ``import`` of these leaves for later and nearly every notebook then imports.
_PARTS = {
    "matplotlib": ("pyplot", "backends.backend_agg"),
    "pandas": ("testing", "plotting"),
    "sklearn": (
        *("base", "compose", "dummy", "ensemble", "impute", "inspection", "linear_model"),
        *("metrics", "model_selection", "neighbors", "pipeline", "preprocessing", "tree"),
    ),
}
#: What a kernel imports only when it starts or runs its first cell.
_KERNEL = (
    *("IPython.core.completer", "IPython.core.historyapp", "IPython.core.pylabtools"),
    *("ipykernel.comm", "matplotlib_inline.backend_inline", "matplotlib_inline.config"),
)


def main(arguments: Sequence[str]) -> None:
    """Run a template: its role, whether it is sandboxed, its control socket, its libraries."""
    role, sandboxed, descriptor, *libraries = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    namespaces.dumpable(False)
    control = socket.socket(fileno=int(descriptor))
    control.set_inheritable(False)
    importlib.import_module(f"autograde.{role}")
    for library in libraries:
        _import(library)
        for part in _PARTS.get(library, ()):
            _import(f"{library}.{part}")
    for module in _KERNEL:
        _import(module)
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        sys.exit(f"one of {', '.join(libraries)} starts a thread when it is imported")
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    control.send(b"!")
    serve(control, role, sandboxed == "sandboxed")


def serve(control: socket.socket, role: str, sandboxed: bool) -> None:
    """Fork a kernel for every request until the control socket closes."""
    control.settimeout(1.0)  # so that ended wardens are collected soon
    while True:
        _reap()
        try:
            data, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except TimeoutError:
            continue
        if not data:
            break
        connection, link = descriptors
        if os.fork() == 0:
            control.close()
            warden.run(socket.socket(fileno=connection), link, role, sandboxed)
        os.close(connection)
        os.close(link)
    _reap(wait=True)  # their CPU time is to be added up


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        pass  # the candidate's own import will say so, in the candidate's words


def _reap(*, wait: bool = False) -> None:
    try:
        while os.waitpid(-1, 0 if wait else os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass  # none left
