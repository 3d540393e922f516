"""Which values cross the link, and the walk from values to header nodes and back.

This module owns the plain Python types, the containers with the bounds on their depth and number,
and what may be a handle.  It owns neither the bytes of a message (:mod:`autograde.wire`) nor the
nodes of arrays (:mod:`autograde.arrays`) and of pandas (:mod:`autograde.frames`).
"""

import dataclasses
import datetime
import decimal
import math
import re
import struct
from collections.abc import Callable, Iterable
from typing import Any

from autograde import arrays, frames
from autograde.nodes import (
    Malformed,
    NotPlain,
    TooMuch,
    integer,
    refusal,
    short,
    text,
    zone,
    zone_node,
)

Part = bytes | bytearray | memoryview
"""A piece of a message; a memoryview is one-dimensional and of single bytes."""

MAX_DEPTH = 64
# A million containers cost about 300 MB at the far end, at 6 bytes each on the wire; 32 MiB of
# other header bytes cost at most as much again.  Everything larger has its bytes in blobs.
MAX_NODES = 1_000_000
# JSON levels: a nested value takes one, and a dtype or an index a few more at the bottom.
_MAX_NODES_DEEP = MAX_DEPTH + 16
_MAX_SAME_HASH = 16
_INT64 = range(-(1 << 63), 1 << 63)
_KINDS = ("function", "module", "object", "class")
# How Decimals are spelled does not depend on the ambient context.
_SCI = decimal.Context(capitals=1)
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


class Resolving(Exception):
    """Carries what ``resolve`` raised past the place where bad bytes become Malformed."""

    def __init__(self, error: Exception) -> None:
        self.error = error


# --- values to nodes -------------------------------------------------------------------------


class Encoder:
    """Turns values into header nodes, and gathers the blobs in the order of the nodes."""

    def __init__(self, refer: Callable[[Any], Handle] | None) -> None:
        self.blobs: list[Part] = []
        self._refer = refer
        self._nodes = 0

    def node(self, value: Any, depth: int) -> Any:
        """Encode a value inside `depth` containers."""
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
        whole = _WHOLE.get(kind) or arrays.tensor_encoder(kind)
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
        return self.blob("i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))

    def items(self, node: list[Any], values: Iterable[Any], depth: int) -> Any:
        """Append the encoded values to the node, and return it."""
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

    def blob(self, tag: str, value: Part) -> Any:
        """Encode a value that is nothing but bytes."""
        self.blobs.append(value)
        return [tag]


def _datetime(encoder: Encoder, value: datetime.datetime, depth: int) -> Any:
    date = (value.year, value.month, value.day)
    return ["dt", *date, *_clock(value), zone_node(value.tzinfo)]


def _clock(value: datetime.datetime | datetime.time) -> tuple[int, ...]:
    return (value.hour, value.minute, value.second, value.microsecond, value.fold)


def _range_node(encoder: Encoder, value: range, depth: int) -> Any:
    if not short(value):
        raise refusal(value, "of more than 10 million numbers")
    return encoder.items(["r"], (value.start, value.stop, value.step), depth)


# Types in whose elements a handle may stand.
_OPEN: dict[type, Callable[[Encoder, Any, int], Any]] = {
    list: lambda e, v, d: e.items(["l"], v, d),
    tuple: lambda e, v, d: e.items(["t"], v, d),
    dict: Encoder._dict,
}
_WHOLE: dict[type, Callable[..., Any]] = {
    float: lambda e, v, d: ["f", struct.pack(">d", v).hex()],
    complex: lambda e, v, d: ["c", struct.pack(">dd", v.real, v.imag).hex()],
    bytes: lambda e, v, d: e.blob("b", v),
    bytearray: lambda e, v, d: e.blob("ba", v),
    set: lambda e, v, d: e.items(["s"], v, d),
    frozenset: lambda e, v, d: e.items(["fs"], v, d),
    slice: lambda e, v, d: e.items(["sl"], (v.start, v.stop, v.step), d),
    range: lambda e, v, d: _range_node(e, v, d),
    type(...): lambda e, v, d: ["e"],
    datetime.datetime: _datetime,
    datetime.date: lambda e, v, d: ["da", v.year, v.month, v.day],
    datetime.time: lambda e, v, d: ["ti", *_clock(v), zone_node(v.tzinfo)],
    datetime.timedelta: lambda e, v, d: ["td", v.days, v.seconds, v.microseconds],
    decimal.Decimal: lambda e, v, d: ["de", _SCI.to_sci_string(v)],
    **arrays.ENCODERS,
    **frames.ENCODERS,
}


# --- nodes to values -------------------------------------------------------------------------


class Decoder:
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
        """Hand out the next blob."""
        length = next(self._lengths, None)
        if length is None:
            raise Malformed("more blobs are used than sent")
        self._at += length
        return self._data[self._at - length : self._at]

    def finish(self) -> None:
        """Refuse a message with blobs that no node took."""
        if next(self._lengths, None) is not None:
            raise Malformed("more blobs are sent than used")

    def node(self, node: Any, depth: int) -> Any:
        """Decode a node inside `depth` others."""
        if type(node) is not list:
            return node  # JSON has nothing left but scalars that stand for themselves
        if depth > _MAX_NODES_DEEP or not node or type(node[0]) is not str:
            raise Malformed("a node is a tag and its arguments, nested not too deep")
        tag, *arguments = node
        if tag in OPEN_TAGS:
            return OPEN_TAGS[tag](self, depth + 1, arguments)
        if tag not in WHOLE_TAGS:
            raise Malformed(f"unknown tag {tag[:20]!r}")
        closed, self._closed = self._closed, True
        value = WHOLE_TAGS[tag](self, depth + 1, *arguments)
        self._closed = closed
        return value

    def items(self, depth: int, nodes: Iterable[Any]) -> list[Any]:
        """Decode the elements of a container."""
        return [self.node(n, depth) if type(n) is list else n for n in nodes]

    def closed(self, node: Any, depth: int) -> Any:
        """Decode what no handle may be part of, such as a key."""
        closed, self._closed = self._closed, True
        value = self.node(node, depth)
        self._closed = closed
        return value

    def mapping(self, depth: int, nodes: list[Any]) -> dict[Any, Any]:
        """Decode keys and values, which take turns, to a dict."""
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
        """Decode the elements of a set."""
        items = self.items(depth, nodes)
        _check_hashes(items)
        elements = frozenset(items)
        if len(elements) != len(items):
            raise Malformed("a set with the same element twice")
        return elements

    def handle(self, _: int, arguments: list[Any]) -> Any:
        """Decode a handle to what the near end uses for it."""
        if self._closed:
            raise Malformed("a handle where only data can stand")
        handle = Handle(*arguments)
        if self._resolve is None:
            return handle
        try:
            return self._resolve(handle)
        except Exception as error:
            raise Resolving(error) from error


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
    return build(*numbers, fold=fold, tzinfo=zone(arguments[-1]))


def _from_range(bounds: list[Any]) -> range:
    if any(type(b) is not int for b in bounds) or len(bounds) != 3:
        raise Malformed("a range of something else than three ints")
    if not short(found := range(*bounds)):
        raise Malformed("a range of more than 10 million numbers")
    return found


def _from_slice(bounds: list[Any]) -> slice:
    start, stop, step = bounds
    return slice(start, stop, step)


OPEN_TAGS: dict[str, Callable[[Decoder, int, list[Any]], Any]] = {
    "l": Decoder.items,
    "t": lambda d, depth, nodes: tuple(d.items(depth, nodes)),
    "d": Decoder.mapping,
    "h": Decoder.handle,
}
WHOLE_TAGS: dict[str, Callable[..., Any]] = {
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
    **arrays.DECODERS,
    **frames.DECODERS,
}
