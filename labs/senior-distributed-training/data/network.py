"""A slow network for torch.distributed, on which every collective is seen and counted.

`import network` makes the backend "network" known: `dist.init_process_group("network")`. Its ranks
do not talk to each other but to a hub, which adds up what they send, waits as long as the network
would take, and answers. In your runs the hub is part of launch.py; in grading it is elsewhere.

It has all_reduce, broadcast, all_gather, reduce_scatter (also their forms with one tensor, and what
is made of them, such as all_gather_object) and barrier, for CPU tensors.
"""

import os
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import _create_work_from_future
from torch.futures import Future

#: What a rank sends before the bytes: operation, type of numbers, reduction, root, length.
HEAD = struct.Struct("<BBBBQ")
#: What comes back before the bytes: whether these are a complaint, length.
BACK = struct.Struct("<BQ")
OPERATIONS = ("all_reduce", "broadcast", "all_gather", "reduce_scatter", "barrier")
REDUCTIONS = ("sum", "avg", "max", "min")
NUMBERS = ("float64", "float32", "float16", "int64", "int32", "uint8", "bool")
#: Most bytes of one call, and of all calls of a run together, for the hub remembers them.
LARGEST, MOST = 64 * 1024 * 1024, 256 * 1024 * 1024


class NetworkError(RuntimeError):
    """The ranks do not agree on what to do next, or one of them is gone."""


@dataclass(frozen=True)
class Call:
    """One collective as the hub saw it.

    Attributes
    ----------
    operation
        One of OPERATIONS.
    numbers
        One of NUMBERS.
    bytes
        Bytes that a rank handed in (for a broadcast: the root).
    began, ended
        When the last rank had come, and when all were answered: seconds of `time.monotonic()`.
    sent
        What each rank handed in.
    """

    operation: str
    numbers: str
    bytes: int
    began: float
    ended: float
    sent: tuple[np.ndarray, ...]


class Hub:
    """The middle of the network.

    `connections` has a socket for each rank; one collective takes `latency` seconds and its bytes
    at `bandwidth` bytes a second. `arrives` is called with the number of calls before and with the
    ranks' arrays; if it returns False, nobody is answered any more.
    """

    def __init__(
        self,
        connections: Sequence[socket.socket],
        latency: float = 0.0,
        bandwidth: float = float("inf"),
        arrives: Callable[[int, str, Sequence[np.ndarray]], bool] | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self._connections = connections
        self._latency, self._bandwidth = latency, bandwidth
        self._arrives = arrives
        self._left = MOST

    def serve(self, deadline: float) -> None:
        """Answer until a rank leaves, `arrives` says stop, or it is `deadline` (monotonic).

        Raises
        ------
        NetworkError
            If the ranks do not agree; each of them is told.
        """
        try:
            while self._one(deadline):
                pass
        except (OSError, EOFError):
            pass  # a rank has left

    def _one(self, deadline: float) -> bool:
        heads, sent = [], []
        for connection in self._connections:
            head = HEAD.unpack(_read(connection, HEAD.size, deadline))
            operation, number, reduction, _, length = head
            known = (
                operation < len(OPERATIONS)
                and number < len(NUMBERS)
                and reduction < len(REDUCTIONS)
                and length <= LARGEST
                and length % np.dtype(NUMBERS[number]).itemsize == 0
            )
            if not known:
                raise EOFError  # no rank of ours
            heads.append(head)
            self._left -= length + 1024
            if self._left < 0:
                raise EOFError  # so much is no training of this lab
            data = _read(connection, length, deadline)
            sent.append(np.frombuffer(data, NUMBERS[number]))
        began = time.monotonic()
        if len(set(heads)) > 1:
            each = [
                f"rank {rank}: {OPERATIONS[head[0]]} of {head[4]} bytes of {NUMBERS[head[1]]} "
                f"({REDUCTIONS[head[2]]}, root {head[3]})"
                for rank, head in enumerate(heads)
            ]
            words = f"the ranks do not ask for the same: {'; '.join(each)}"
            for connection in self._connections:
                _send(connection, BACK.pack(1, len(words)) + words.encode(), deadline)
            raise NetworkError(words)
        operation, number, reduction, root, length = heads[0]
        name = OPERATIONS[operation]
        if self._arrives and not self._arrives(len(self.calls), name, sent):
            return False
        back = _result(name, REDUCTIONS[reduction], root, sent)
        time.sleep(self._latency + length / self._bandwidth)
        for connection, data in zip(self._connections, back, strict=True):
            _send(connection, BACK.pack(0, len(data)) + data, deadline)
        ended = time.monotonic()
        self.calls.append(Call(name, NUMBERS[number], length, began, ended, tuple(sent)))
        return True


def _result(name: str, reduction: str, root: int, sent: Sequence[np.ndarray]) -> list[bytes]:
    if name == "barrier":
        return [b""] * len(sent)
    if name == "broadcast":
        if root >= len(sent):
            raise EOFError
        return [sent[root].tobytes()] * len(sent)
    if name == "all_gather":
        return [b"".join(each.tobytes() for each in sent)] * len(sent)
    with np.errstate(all="ignore"):  # what overflows is the ranks' affair
        stacked = np.stack(sent)
        match reduction:
            case "sum":
                total = stacked.sum(axis=0, dtype=stacked.dtype)
            case "avg":
                total = (stacked.sum(axis=0) / len(sent)).astype(stacked.dtype)
            case "max":
                total = stacked.max(axis=0)
            case _:
                total = stacked.min(axis=0)
    if name == "all_reduce":
        return [total.tobytes()] * len(sent)
    if len(total) % len(sent):
        raise EOFError
    return [part.tobytes() for part in np.split(total, len(sent))]


def _send(connection: socket.socket, data: bytes, deadline: float) -> None:
    connection.settimeout(max(0.001, deadline - time.monotonic()))
    connection.sendall(data)
    connection.settimeout(None)


def _read(connection: socket.socket, length: int, deadline: float | None = None) -> bytes:
    parts = []
    while length:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise EOFError
        if not select.select([connection], [], [], left)[0]:
            raise EOFError
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Network(dist.ProcessGroup):
    """A rank's end: each collective is queued, and a thread of its own carries them out in turn."""

    def __init__(self, rank: int, size: int) -> None:
        super().__init__(rank, size)
        ports = [int(port) for port in os.environ["NETWORK_PORTS"].split(",")]
        with socket.create_server(("127.0.0.1", ports[rank])) as server:
            server.settimeout(60)
            self._hub, _ = server.accept()
        self._hub.settimeout(None)
        self._size = size
        self._queue: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            head, tensor, take, result, future = self._queue.get()
            try:
                data = tensor.detach().contiguous().numpy().tobytes()
                self._hub.sendall(HEAD.pack(*head, len(data)) + data)
                complaint, length = BACK.unpack(_read(self._hub, BACK.size))
                back = _read(self._hub, length)
                if complaint:
                    raise NetworkError(back.decode("utf-8", "replace"))
                take(torch.frombuffer(bytearray(back), dtype=tensor.dtype) if back else tensor)
                future.set_result(result)
            except (EOFError, OSError):
                future.set_exception(NetworkError("the network is gone: another rank has ended"))
            except Exception as error:
                future.set_exception(error)

    def _ask(
        self, operation: str, tensor: Tensor, take: Callable[[Tensor], Any], result: Any,
        reduction: str = "sum", root: int = 0,
    ) -> Any:  # fmt: skip
        name = str(tensor.dtype).removeprefix("torch.")
        if name not in NUMBERS or tensor.device.type != "cpu":
            raise NetworkError(f"the network has no {name} on {tensor.device}")
        head = (OPERATIONS.index(operation), NUMBERS.index(name), REDUCTIONS.index(reduction), root)
        future: Future[Any] = Future()
        self._queue.put((head, tensor, take, result, future))
        return _create_work_from_future(future)

    def allreduce(self, tensors: list[Tensor], opts: Any) -> Any:
        """all_reduce of one tensor."""
        (tensor,) = tensors
        return self._ask("all_reduce", tensor, _into(tensor), tensors, _reduction(opts.reduceOp))

    def allreduce_coalesced(self, tensors: list[Tensor], opts: Any) -> Any:
        """all_reduce of several tensors at once."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])

        def take(back: Tensor) -> None:
            for tensor, part in zip(tensors, back.split([t.numel() for t in tensors]), strict=True):
                tensor.copy_(part.view(tensor.shape))

        return self._ask("all_reduce", flat, take, tensors, _reduction(opts.reduceOp))

    def broadcast(self, tensors: list[Tensor], opts: Any) -> Any:
        """Broadcast one tensor from a root."""
        (tensor,) = tensors
        return self._ask("broadcast", tensor, _into(tensor), tensors, root=opts.rootRank)

    def allgather(self, outputs: list[list[Tensor]], inputs: list[Tensor], opts: Any) -> Any:
        """all_gather of one tensor, all of one size."""
        (places,), (tensor,) = outputs, inputs

        def take(back: Tensor) -> None:
            for place, part in zip(places, back.chunk(self._size), strict=True):
                place.copy_(part.view(place.shape))

        return self._ask("all_gather", tensor, take, outputs)

    def _allgather_base(self, output: Tensor, tensor: Tensor, opts: Any) -> Any:
        return self._ask("all_gather", tensor, _into(output), [output])

    def reduce_scatter(self, outputs: list[Tensor], inputs: list[list[Tensor]], opts: Any) -> Any:
        """reduce_scatter of tensors of one size."""
        (output,), (tensors,) = outputs, inputs
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        return self._reduce_scatter_base(output, flat, opts)

    def _reduce_scatter_base(self, output: Tensor, tensor: Tensor, opts: Any) -> Any:
        return self._ask(
            "reduce_scatter", tensor, _into(output), [output], _reduction(opts.reduceOp)
        )

    def barrier(self, opts: Any) -> Any:
        """Wait for all ranks."""
        nothing = torch.empty(0, dtype=torch.uint8)
        return self._ask("barrier", nothing, lambda back: None, [nothing])

    def getBackendName(self) -> str:
        """Return the name that torch shows."""
        return "network"


def _into(tensor: Tensor) -> Callable[[Tensor], Any]:
    """Make the function that puts an answer into a tensor."""
    return lambda back: tensor.copy_(back.view(tensor.shape))


def _reduction(wanted: Any) -> str:
    for name in REDUCTIONS:
        if wanted == getattr(dist.ReduceOp, name.upper()):
            return name
    raise NetworkError(f"the network cannot reduce by {wanted}")


dist.Backend.register_backend(
    "network", lambda store, rank, size, timeout: Network(rank, size), devices=["cpu"]
)
