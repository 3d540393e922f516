"""The candidate's kernel: an ordinary IPython kernel with the far end of the link in it.

Owns the far end (:class:`FarEnd`) and the kernel class that serves it. Nothing here is trusted
and nothing here is secret: it runs in the candidate's process, which may read and change all of
it. What it says is only ever data to the other side (:mod:`autograde.remote`).

Honest notebooks must not break it by accident, so it keeps its own names: ``from numpy import *``,
a variable called ``list`` or a ``%reset`` touches the notebook's namespace and not this module's.
It serves requests only while the executor asks it to, on the kernel's main thread and inside its
event loop, so that plots, signals and asynchronous code behave as they do in a cell.
"""

import asyncio
import importlib
import inspect
import json
import os
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from autograde import remote, wire

#: Name in the notebook's namespace whose disappearance tells of a ``%reset``.
SENTINEL = "_autograde_sentinel"


class FarEnd:
    """Answers the grader's requests about the objects of one notebook.

    ``home`` is where the notebook began; its code may change or delete the working directory.
    """

    def __init__(self, sock: socket.socket, namespace: dict[str, Any], home: str) -> None:
        self._sock = sock
        self._home = home
        self._namespace = namespace
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    async def serve(self) -> None:
        """Answer until the grader says "end" or goes away."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                # Waiting belongs to the loop: the candidate's own tasks go on meanwhile.
                readable = asyncio.Event()
                loop.add_reader(self._sock, readable.set)
                try:
                    await readable.wait()
                finally:
                    loop.remove_reader(self._sock)
                request = wire.read(
                    self._sock, limit=remote.LIMIT, deadline=None, resolve=self._resolve
                )
                if request[1] == "end":
                    wire.write(self._sock, (request[0], "ok", None), limit=remote.LIMIT)
                    return
                await self._answer(request)
        except (EOFError, OSError):
            return
        finally:
            self._objects.clear()
            self._numbers.clear()

    async def _answer(self, request: Any) -> None:
        number, operation, *arguments = request
        reply: tuple[Any, ...]
        try:
            reply = (number, "ok", await self._do(operation, arguments))
        except _Missing as error:
            reply = (number, "missing", str(error))
        except BaseException as error:
            reply = (number, *self._raised(error))
        try:
            wire.write(self._sock, reply, refer=self._refer, limit=remote.LIMIT)
        except (wire.NotPlain, wire.Malformed, ValueError, RecursionError, MemoryError) as error:
            wire.write(self._sock, (number, *self._raised(error)), limit=remote.LIMIT)

    async def _do(self, operation: str, arguments: list[Any]) -> Any:
        match operation, arguments:
            case "name", [str(name)]:
                if name not in self._namespace:
                    raise _Missing(name)
                return self._namespace[name]
            case "call", [function, args, kwargs]:
                return await _settle(function(*args, **kwargs))
            case "call_back", [function, args, kwargs]:
                return await _settle(function(*args, **kwargs)), args
            case "attribute", [thing, str(name)]:
                return getattr(thing, name)
            case "item", [thing, key]:
                return thing[key]
            case "length", [thing]:
                return len(thing)
            case "float", [thing]:
                return float(thing)
            case "int", [thing]:
                return int(thing)
            case "iterate", [thing]:
                if hasattr(thing, "__aiter__"):
                    return _Cursor(thing.__aiter__())
                return _Cursor(iter(thing))
            case "next", [_Cursor() as cursor]:
                return await cursor.step()
            case "plain", [thing]:
                return remote.to_plain(thing)
            case "import", [str(name)]:
                return importlib.import_module(name)
        raise ValueError(f"unknown request {operation!r}")

    def _raised(self, error: BaseException) -> tuple[str, list[tuple[str, str]], str, str]:
        bases = [(str(c.__module__), str(c.__qualname__)) for c in type(error).__mro__[:50]]
        try:
            text = str(error)[:2000]
        except Exception:
            text = ""
        return "raised", bases, text, _own_line(error, self._home)

    def _refer(self, thing: Any) -> wire.Handle:
        key = id(thing)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._objects) + 1
            self._objects[number] = thing  # keeps it alive, so its id stays its own
        if inspect.ismodule(thing):
            kind, name = "module", thing.__name__
        elif inspect.isclass(thing):
            kind, name = "class", thing.__qualname__
        elif inspect.isroutine(thing):
            kind, name = "function", getattr(thing, "__qualname__", "?")
        else:
            kind, name = "object", type(thing).__qualname__
        return wire.Handle(number, kind, str(name)[:200], callable(thing))

    def _resolve(self, handle: wire.Handle) -> Any:
        return self._objects[handle.id]


class _Missing(Exception):
    """The notebook defines no such name."""


class _Cursor:
    """An iterator that is read one item a request."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    async def step(self) -> tuple[Any, ...]:
        try:
            if hasattr(self._iterator, "__anext__"):
                return "item", await self._iterator.__anext__()
            return "item", next(self._iterator)
        except (StopIteration, StopAsyncIteration):
            return ("end",)


async def _settle(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def _own_line(error: BaseException, home: str) -> str:
    """Where the exception left the candidate's own code, such as "line 3 of join_all"."""
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        file = frame.filename
        if file != __file__ and ("ipykernel_" in file or file.startswith(home)):
            where = f"line {frame.lineno} of {frame.name}"
    return where.replace("<module>", "the cell")


class CandidateKernel(IPythonKernel):
    """IPython's kernel with one more request, ``serve_request``, and a word on ``%reset``."""

    msg_types = [*IPythonKernel.msg_types, "serve_request"]
    shell: Any
    session: Any
    link: socket.socket
    home: str

    def start(self) -> None:
        """Start the kernel and put the sentinel in place."""
        self.home = os.getcwd()
        self.shell.user_ns[SENTINEL] = True
        super().start()

    async def serve_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Serve the link until the grader ends the conversation."""
        try:
            await FarEnd(self.link, self.shell.user_ns, self.home).serve()
        finally:
            self.session.send(stream, "serve_reply", {"status": "ok"}, parent, ident)

    async def do_execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a cell, and say whether it wiped the notebook's namespace."""
        reply: dict[str, Any] = await super().do_execute(*args, **kwargs)
        reply["autograde_reset"] = SENTINEL not in self.shell.user_ns
        return reply


def kernel_app(
    kernel_class: Any, link: socket.socket, connection: Mapping[str, Any]
) -> IPKernelApp:
    """A kernel of that class, bound to its message sockets and not yet running.

    Parameters
    ----------
    link
        Its end of the link.
    connection
        Jupyter's connection information; ``ip`` is the beginning of the sockets' paths.
    """
    file = Path(f"{connection['ip']}.json")
    file.write_text(json.dumps(connection))
    kernel_class.link = link
    app = IPKernelApp.instance(kernel_class=kernel_class)
    # No history on disk: it would be the slowest part of a start, and nobody reads it.
    app.initialize(["-f", str(file), "--HistoryManager.hist_file=:memory:"])
    # As in Jupyter the working directory comes after the standard library; unlike there only now,
    # so that a submitted comm.py cannot keep the kernel from starting.
    packages = (i for i, path in enumerate(sys.path) if path.endswith("-packages"))
    sys.path.insert(next(packages, 0), "")
    return app


def prepare(link: int, connection: Mapping[str, Any]) -> IPKernelApp:
    """The candidate's kernel, as a fork of a template makes it (:mod:`autograde.template`)."""
    return kernel_app(CandidateKernel, socket.socket(fileno=link), connection)
