"""The data format of the link between the grader's process and the candidate's.

Both ends use this one module.  It owns which values cross by value, how they are laid out in
bytes, and how one message is framed on a stream socket.  It owns no meaning: what a message asks
for, and what a handle stands for, belongs to its callers.  NumPy, pandas and torch values are laid
out by :mod:`autograde.frames`.

The grader reads bytes that hostile code may have written, so

- only data is ever built, from a closed list of types; nothing in here imports by a received name,
  unpickles, compiles or calls what was received;
- whatever is wrong with the bytes raises :class:`Malformed`, and nothing else;
- a length is compared with the bytes that are there before anything of that length is made.

A message::

    "AGW1"  u32 header length  u32 number of blobs  u64 length of each blob  header  blobs

(integers little-endian).  The header is JSON without objects: a JSON scalar stands for itself,
``[tag, ...]`` for everything else.  Raw bytes lie in the blobs; a node that needs one takes the
next, so that no blob can be used twice and one that is left over is an error.

What does not survive the way: identity (a list that appears twice becomes two lists), the memory
order of arrays that are not contiguous, ``attrs`` and ``flags`` of frames, offsets of
``DatetimeIndex.freq`` outside a closed list of names (such as ``CustomBusinessDay``: the values
cross, ``freq`` becomes None), ``np.longlong`` (it is ``int64``), the payload under a mask, and the
``grad`` and graph of a tensor.  Unused categories and unused levels of a ``MultiIndex`` do cross.
"""

import dataclasses
import datetime
import decimal
import json
import math
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograde import frames
from autograde.frames import Malformed as Malformed
from autograde.frames import NotPlain as NotPlain
from autograde.frames import TooMuch, integer, text

Part = bytes | bytearray | memoryview
"""A piece of a message; a memoryview is one-dimensional and of single bytes."""

MAGIC = b"AGW1"
MAX_DEPTH = 64
# A million containers cost about 300 MB at the far end, at 6 bytes each on the wire; 32 MiB of
# other header bytes cost at most as much again.  Everything larger has its bytes in blobs.
MAX_NODES = 1_000_000
MAX_HEADER = 32 * 1024 * 1024
# JSON levels: a nested value takes one, and a dtype or an index a few more at the bottom.
_MAX_NODES_DEEP = MAX_DEPTH + 16
_MAX_BRACKETS_DEEP = MAX_DEPTH + 60
_MAX_SAME_HASH = 16
_CHUNK = 1 << 20
_SMALL = 1 << 16
_PRELUDE = struct.Struct("<4sII")
_LENGTH = struct.Struct("<Q")
_INT64 = range(-(1 << 63), 1 << 63)
_KINDS = ("function", "module", "object", "class")
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_SCI = decimal.Context(
    capitals=1
)  # how Decimals are spelled does not depend on the ambient context
_DECIMAL = re.compile(r"-?(?:\d+(?:\.\d+)?(?:E[+-]\d{1,20})?|Infinity|s?NaN\d*)", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Handle:
    """A reference to an object that stays on the candidate's side.

    Everything in it is the candidate's own word.

    Parameters
    ----------
    id
        Number by which the candidate's side finds the object, 0 to 2**63 - 1.
    kind
        ``"function"``, ``"module"``, ``"object"`` or ``"class"``.
    name
        Name of the class, or the qualified name of a function, module or class: printable, at
        most 200 characters.
    callable
        Whether it can be called.

    Raises
    ------
    ValueError
        A field is of another type or outside its bounds.
    """

    id: int
    kind: str
    name: str
    callable: bool

    def __post_init__(self) -> None:
        if type(self.id) is not int or not 0 <= self.id < 1 << 63:
            raise ValueError("the id of a handle is an int from 0 to 2**63 - 1")
        if type(self.kind) is not str or self.kind not in _KINDS:
            raise ValueError(f"the kind of a handle is one of {', '.join(_KINDS)}")
        if type(self.name) is not str or len(self.name) > 200 or not self.name.isprintable():
            raise ValueError("the name of a handle is printable, at most 200 characters")
        if type(self.callable) is not bool:
            raise ValueError("whether a handle is callable is a bool")


class _Resolving(Exception):
    """Carries what ``resolve`` raised past the place where bad bytes become Malformed."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def encode(value: object, *, refer: Callable[[Any], Handle] | None = None) -> list[Part]:
    """Lay a value out as the parts of one message, to be written one after another.

    Parameters
    ----------
    value
        A plain value: None, bool, int, float, complex, str, bytes, bytearray, list, tuple, dict,
        set, frozenset, slice, range, Ellipsis, ``datetime`` objects, ``Decimal``, NumPy arrays and
        scalars, pandas frames, series, indexes and scalars, ``torch.Tensor``; of exactly that
        type, for a subclass may behave in ways that its data does not tell.
    refer
        Called with each value that is not plain; what it raises passes through.  In a list, a
        tuple or the values of a dict the handle takes the place of the element; where a handle
        cannot stand (dict keys, sets, object arrays, frames) the whole container is referred.

    Returns
    -------
    list of bytes-like
        Large contiguous arrays are not copied: write the parts before the value changes.

    Raises
    ------
    NotPlain
        A value that is not plain, and no `refer`; or, even with `refer`, containers nested more
        than 64 deep (a cycle is), more than a million of them, or a header above 32 MiB.
    """
    encoder = _Encoder(refer)
    root = encoder.node(value, 0)
    header = _to_json(root).encode("utf-8", "surrogatepass")
    try:
        _check_header(header)
    except Malformed as error:
        raise TooMuch(f"the value is too large to cross: {error}") from None
    lengths = [len(blob) for blob in encoder.blobs]
    prelude = _PRELUDE.pack(MAGIC, len(header), len(lengths))
    return [prelude + struct.pack(f"<{len(lengths)}Q", *lengths) + header, *encoder.blobs]


def decode(data: Part, *, resolve: Callable[[Handle], Any] | None = None) -> Any:
    """Build the value of one whole message.

    Parameters
    ----------
    data
        The message; nothing in the value refers to this memory afterwards.
    resolve
        Maps a handle to what the near end uses for it; by default the handle stays.  It gets
        only handles that passed their checks; what it raises passes through.

    Returns
    -------
    object
        Arrays and tensors own their memory and are writeable.

    Raises
    ------
    Malformed
        The bytes are no message, whatever the reason.
    """
    try:
        return _decode(memoryview(data).cast("B"), resolve)
    except Malformed:
        raise
    except _Resolving as carried:
        raise carried.error from None
    # The one place where every exception is caught: NumPy, pandas and Arrow raise many kinds on
    # bad input, and a kind forgotten here would stop the grader instead of failing the answer.
    except Exception as error:
        raise Malformed(f"not a message: {type(error).__name__}: {str(error)[:200]!a}") from error


def write(
    sock: socket.socket,
    value: object,
    *,
    refer: Callable[[Any], Handle] | None = None,
    limit: int,
    deadline: float | None = None,
) -> None:
    """Send a value as one frame: a u64 length, then the message.

    Parameters
    ----------
    sock
        A connected stream socket.
    value, refer
        As in :func:`encode`.
    limit
        Largest message, in bytes.
    deadline
        ``time.monotonic()`` at which to give up on a peer that does not read; None waits for ever.

    Raises
    ------
    NotPlain
        As :func:`encode`, or the message is above `limit`; then nothing was sent.
    TimeoutError
        The deadline passed; the stream is of no further use.
    OSError
        The peer is gone.
    """
    parts = encode(value, refer=refer)
    total = sum(map(len, parts))
    if total > limit:
        raise TooMuch(f"a message of {total} bytes is above the limit of {limit}")
    before = sock.gettimeout()
    try:
        # Small parts go out together: a system call each would cost more than the copy.
        pending: list[Part] = [_LENGTH.pack(total)]
        for part in parts:
            if len(part) < _SMALL:
                pending.append(part)
                continue
            _send(sock, b"".join(pending), deadline)
            _send(sock, part, deadline)
            pending = []
        _send(sock, b"".join(pending), deadline)
    finally:
        sock.settimeout(before)


def read(
    sock: socket.socket,
    *,
    limit: int,
    deadline: float | None = None,
    resolve: Callable[[Handle], Any] | None = None,
) -> Any:
    """Receive one frame and build its value.

    Parameters
    ----------
    sock
        A connected stream socket.
    limit
        Largest message accepted, in bytes; checked before memory is taken, and memory grows only
        with what has arrived.
    deadline
        ``time.monotonic()`` by which the whole frame must be here; None waits for ever.
    resolve
        As in :func:`decode`.

    Raises
    ------
    Malformed
        The frame is above `limit` or is no message.  After a frame above the limit the stream is
        of no further use.
    TimeoutError
        The deadline passed, however busily the peer was dripping bytes.
    EOFError
        The peer closed the connection, before or inside a frame.
    OSError
        The connection broke (``ConnectionResetError`` and its kind).
    """
    before = sock.gettimeout()
    try:
        (total,) = _LENGTH.unpack(_receive(sock, _LENGTH.size, deadline))
        if total > limit:
            raise Malformed(f"a message of {total} bytes is above the limit of {limit}")
        data = _receive(sock, total, deadline)
    finally:
        sock.settimeout(before)
    return decode(data, resolve=resolve)


def _send(sock: socket.socket, part: Part, deadline: float | None) -> None:
    sock.settimeout(_left(deadline))
    sock.sendall(part)


def _receive(sock: socket.socket, count: int, deadline: float | None) -> bytearray:
    data = bytearray()
    while len(data) < count:
        sock.settimeout(_left(deadline))
        chunk = sock.recv(min(count - len(data), _CHUNK))
        if not chunk:
            raise EOFError(f"the peer closed the link after {len(data)} of {count} bytes")
        data += chunk
    return data


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline of the link has passed")
    return left


# --- values to nodes -------------------------------------------------------------------------


class _Encoder:
    """Turns values into header nodes, and gathers the blobs in the order of the nodes."""

    def __init__(self, refer: Callable[[Any], Handle] | None) -> None:
        self.blobs: list[Part] = []
        self._refer = refer
        self._nodes = 0

    def node(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int:
            return value if value in _INT64 else self._big(value)
        if kind is float and math.isfinite(value):
            return value
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise TooMuch(f"more than {MAX_NODES} containers cannot cross by value")
        if depth > MAX_DEPTH:
            raise TooMuch(f"containers nested more than {MAX_DEPTH} deep, or in a cycle")
        if kind in _OPEN:
            return _OPEN[kind](self, value, depth + 1)
        whole = _WHOLE.get(kind) or frames.tensor_encoder(kind)
        if whole is not None:
            return self._whole(whole, value, depth + 1)
        return self._handle(value)

    def _whole(self, encoder: Callable[..., Any], value: Any, depth: int) -> Any:
        """Encode what can hold no handle: all of it crosses, or all of it is referred."""
        refer, self._refer = self._refer, None
        mark = len(self.blobs)
        try:
            return encoder(self, value, depth)
        except NotPlain as error:
            if refer is None or isinstance(error, TooMuch):
                raise
            del self.blobs[mark:]
        finally:
            self._refer = refer
        return self._handle(value)

    def _handle(self, value: Any) -> Any:
        if self._refer is None:
            kind = type(value)
            raise NotPlain(f"{kind.__module__}.{kind.__qualname__} cannot cross by value")
        handle = self._refer(value)
        return ["h", handle.id, handle.kind, handle.name, handle.callable]

    def _big(self, value: int) -> Any:
        self.blobs.append(value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
        return ["i"]

    def items(self, node: list[Any], values: Iterable[Any], depth: int) -> Any:
        for position, value in enumerate(values):
            try:
                node.append(self.node(value, depth))
            except NotPlain as error:
                raise error.at(f"[{position}]") from None
        return node

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        node: list[Any] = ["d"]
        mark = len(self.blobs)
        refer = self._refer
        for position, (key, item) in enumerate(value.items()):
            self._refer = None
            try:
                node.append(self.node(key, depth))
            except NotPlain as error:
                if refer is None or isinstance(error, TooMuch):
                    raise error.at(f".keys()[{position}]") from None
                del self.blobs[mark:]
                self._refer = refer
                return self._handle(value)
            finally:
                self._refer = refer
            try:
                node.append(self.node(item, depth))
            except NotPlain as error:
                step = repr(key)[:60] if type(key) in (str, int) else f"key {position}"
                raise error.at(f"[{step}]") from None
        return node

    def bytes(self, tag: str, value: Part) -> Any:
        self.blobs.append(value)
        return [tag]


def _datetime(encoder: _Encoder, value: datetime.datetime, depth: int) -> Any:
    date = (value.year, value.month, value.day)
    return ["dt", *date, *_clock(value), frames.zone_node(value.tzinfo)]


def _clock(value: datetime.datetime | datetime.time) -> tuple[int, ...]:
    return (value.hour, value.minute, value.second, value.microsecond, value.fold)


# Types in whose elements a handle may stand.
_OPEN: dict[type, Callable[[_Encoder, Any, int], Any]] = {
    list: lambda e, v, d: e.items(["l"], v, d),
    tuple: lambda e, v, d: e.items(["t"], v, d),
    dict: _Encoder._dict,
}
_WHOLE: dict[type, Callable[..., Any]] = {
    float: lambda e, v, d: ["f", struct.pack(">d", v).hex()],
    complex: lambda e, v, d: ["c", struct.pack(">dd", v.real, v.imag).hex()],
    bytes: lambda e, v, d: e.bytes("b", v),
    bytearray: lambda e, v, d: e.bytes("ba", v),
    set: lambda e, v, d: e.items(["s"], v, d),
    frozenset: lambda e, v, d: e.items(["fs"], v, d),
    slice: lambda e, v, d: e.items(["sl"], (v.start, v.stop, v.step), d),
    range: lambda e, v, d: e.items(["r"], (v.start, v.stop, v.step), d),
    type(...): lambda e, v, d: ["e"],
    datetime.datetime: _datetime,
    datetime.date: lambda e, v, d: ["da", v.year, v.month, v.day],
    datetime.time: lambda e, v, d: ["ti", *_clock(v), frames.zone_node(v.tzinfo)],
    datetime.timedelta: lambda e, v, d: ["td", v.days, v.seconds, v.microseconds],
    decimal.Decimal: lambda e, v, d: ["de", _SCI.to_sci_string(v)],
    **frames.ENCODERS,
}
_to_json = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
).encode


# --- nodes to values -------------------------------------------------------------------------


def _refuse(_: Any) -> Any:
    raise Malformed("NaN, Infinity or an object in the header")


# The header is decoded with surrogatepass, so that lone surrogates cross as they are.
_from_json = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_refuse).decode


def _check_header(header: bytes) -> None:
    """Refuse a header that is too large, has too many containers, or is nested too deep.

    This runs before the JSON parser, whose recursion is in C: how deep it may go is then our
    choice and not that of ``sys.setrecursionlimit``.
    """
    if len(header) > MAX_HEADER:
        raise Malformed(f"a header of {len(header)} bytes, above {MAX_HEADER}")
    if header.count(b"[") + header.count(b"{") <= _MAX_BRACKETS_DEEP:
        return
    brackets = _JSON_STRING.sub(b"", header).translate(None, _NOT_BRACKETS)
    steps = np.frombuffer(brackets, np.uint8)
    opens = (steps == ord("[")) | (steps == ord("{"))
    # Twice the encoder's count: shapes and dtypes are lists that it does not count.
    if int(opens.sum()) > 2 * MAX_NODES:
        raise Malformed(f"more than {2 * MAX_NODES} containers")
    if np.cumsum(np.where(opens, 1, -1)).max(initial=0) > _MAX_BRACKETS_DEEP:
        raise Malformed("containers nested too deep")


def _decode(data: memoryview, resolve: Callable[[Handle], Any] | None) -> Any:
    magic, header_length, count = _PRELUDE.unpack_from(data)
    if magic != MAGIC:
        raise Malformed("it does not begin like a message of this version")
    start = _PRELUDE.size + 8 * count
    # A blob takes at least five bytes of header: its tag, or its flag.
    if start + header_length > len(data) or 5 * count > header_length:
        raise Malformed("shorter than its header says")
    lengths = struct.unpack_from(f"<{count}Q", data, _PRELUDE.size)
    if start + header_length + sum(lengths) != len(data):
        raise Malformed("the lengths do not add up to the length of the message")
    header = bytes(data[start : start + header_length])
    _check_header(header)
    decoder = _Decoder(data[start + header_length :], lengths, resolve)
    value = decoder.node(_from_json(header.decode("utf-8", "surrogatepass")), 0)
    decoder.finish()
    return value


class _Decoder:
    """Builds values from header nodes, handing out the blobs one after another."""

    def __init__(
        self,
        data: memoryview,
        lengths: tuple[int, ...],
        resolve: Callable[[Handle], Any] | None,
    ) -> None:
        self._data = data
        self._lengths = iter(lengths)
        self._at = 0
        self._resolve = resolve
        self._closed = False  # inside what can hold no handle

    def blob(self) -> memoryview:
        length = next(self._lengths, None)
        if length is None:
            raise Malformed("more blobs are used than sent")
        self._at += length
        return self._data[self._at - length : self._at]

    def finish(self) -> None:
        if next(self._lengths, None) is not None:
            raise Malformed("more blobs are sent than used")

    def node(self, node: Any, depth: int) -> Any:
        if type(node) is not list:
            return node  # JSON has nothing left but scalars that stand for themselves
        if depth > _MAX_NODES_DEEP or not node or type(node[0]) is not str:
            raise Malformed("a node is a tag and its arguments, nested not too deep")
        tag, *arguments = node
        if tag in _OPEN_TAGS:
            return _OPEN_TAGS[tag](self, depth + 1, arguments)
        if tag not in _WHOLE_TAGS:
            raise Malformed(f"unknown tag {tag[:20]!r}")
        closed, self._closed = self._closed, True
        value = _WHOLE_TAGS[tag](self, depth + 1, *arguments)
        self._closed = closed
        return value

    def items(self, depth: int, nodes: Iterable[Any]) -> list[Any]:
        return [self.node(n, depth) if type(n) is list else n for n in nodes]

    def closed(self, node: Any, depth: int) -> Any:
        """Decode what no handle may be part of, such as a key."""
        closed, self._closed = self._closed, True
        value = self.node(node, depth)
        self._closed = closed
        return value

    def mapping(self, depth: int, nodes: list[Any]) -> dict[Any, Any]:
        if len(nodes) % 2:
            raise Malformed("a dict with a key and no value")
        keys = []
        values = []
        # In the order of the nodes: that is the order of the blobs.
        for position in range(0, len(nodes), 2):
            keys.append(self.closed(nodes[position], depth))
            values.append(self.node(nodes[position + 1], depth))
        _check_hashes(keys)
        mapping = dict(zip(keys, values, strict=True))
        if len(mapping) != len(keys):
            raise Malformed("a dict with the same key twice")
        return mapping

    def elements(self, depth: int, nodes: Iterable[Any]) -> frozenset[Any]:
        items = self.items(depth, nodes)
        _check_hashes(items)
        elements = frozenset(items)
        if len(elements) != len(items):
            raise Malformed("a set with the same element twice")
        return elements

    def handle(self, _: int, arguments: list[Any]) -> Any:
        if self._closed:
            raise Malformed("a handle where only data can stand")
        handle = Handle(*arguments)
        if self._resolve is None:
            return handle
        try:
            return self._resolve(handle)
        except Exception as error:
            raise _Resolving(error) from error


def _check_hashes(keys: list[Any]) -> None:
    """Refuse keys made to collide: numbers that are equal modulo 2**61 - 1 share a hash.

    Each insertion would then walk over all earlier ones.  Hashes of str and bytes are salted.
    """
    if len(keys) <= _MAX_SAME_HASH or set(map(type, keys)) <= {str, bytes}:
        return
    hashes = sorted(map(hash, keys))
    if any(a == b for a, b in zip(hashes, hashes[_MAX_SAME_HASH:], strict=False)):
        raise Malformed(f"more than {_MAX_SAME_HASH} keys with the same hash")


def _floats(count: int, digits: Any) -> tuple[Any, ...]:
    return struct.unpack(f">{count}d", bytes.fromhex(text(digits)))


def _decimal(digits: Any) -> decimal.Decimal:
    if not _DECIMAL.fullmatch(text(digits)):
        raise Malformed("not a decimal number")
    value = decimal.Decimal(digits)
    if _SCI.to_sci_string(value) != digits:  # as where the ambient context makes an error NaN
        raise Malformed("a decimal number in another spelling, or out of range")
    return value


def _integers(arguments: tuple[Any, ...], count: int) -> list[int]:
    if len(arguments) != count:
        raise Malformed("wrong number of fields")
    return [integer(a) for a in arguments]


def _from_clock(build: Callable[..., Any], arguments: tuple[Any, ...], count: int) -> Any:
    *numbers, fold = _integers(arguments[:-1], count)
    return build(*numbers, fold=fold, tzinfo=frames.zone(arguments[-1]))


def _from_range(bounds: list[Any]) -> range:
    if any(type(b) is not int for b in bounds) or len(bounds) != 3:
        raise Malformed("a range of something else than three ints")
    return range(*bounds)


def _from_slice(bounds: list[Any]) -> slice:
    start, stop, step = bounds
    return slice(start, stop, step)


_OPEN_TAGS: dict[str, Callable[[_Decoder, int, list[Any]], Any]] = {
    "l": _Decoder.items,
    "t": lambda d, depth, nodes: tuple(d.items(depth, nodes)),
    "d": _Decoder.mapping,
    "h": _Decoder.handle,
}
_WHOLE_TAGS: dict[str, Callable[..., Any]] = {
    "i": lambda d, _: int.from_bytes(d.blob(), "little", signed=True),
    "f": lambda d, _, digits: _floats(1, digits)[0],
    "c": lambda d, _, digits: complex(*_floats(2, digits)),
    "b": lambda d, _: bytes(d.blob()),
    "ba": lambda d, _: bytearray(d.blob()),
    "s": lambda d, depth, *nodes: set(d.elements(depth, nodes)),
    "fs": lambda d, depth, *nodes: d.elements(depth, nodes),
    "sl": lambda d, depth, *nodes: _from_slice(d.items(depth, nodes)),
    "r": lambda d, depth, *nodes: _from_range(d.items(depth, nodes)),
    "e": lambda d, _: ...,
    "dt": lambda d, _, *a: _from_clock(datetime.datetime, a, 8),
    "da": lambda d, _, *a: datetime.date(*_integers(a, 3)),
    "ti": lambda d, _, *a: _from_clock(datetime.time, a, 5),
    "td": lambda d, _, *a: datetime.timedelta(*_integers(a, 3)),
    "de": lambda d, _, digits: _decimal(digits),
    **frames.DECODERS,
}
