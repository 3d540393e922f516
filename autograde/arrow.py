"""How arrays of Arrow lie in a message of :mod:`autograde.wire`.

This module owns which types of Arrow cross, their nodes and blobs, and every check that makes such
a node safe to build.  It has no tags: an Arrow array is part of an array of strings
(:mod:`autograde.arrays`) or a column of pandas (:mod:`autograde.frames`).

What an array does not show does not travel: the rows around a slice and the payload under a null
are cut off or zeros, for the grader's own arrays may be slices of what the candidate must not see.
"""

import re
from typing import Any

import numpy as np
import pyarrow as pa

from autograde.nodes import (
    UNITS,
    Malformed,
    NotPlain,
    flag,
    integer,
    known_zones,
    matching,
    one_of,
    sequence,
    text,
)

_FIXED_OFFSET = re.compile(r"[+-]\d\d:\d\d", re.ASCII)

# Views, dictionaries, run-ends, unions, nulls and extension types stay out: with the first five a
# few bytes can stand for very many values, and the last run code of whoever registered them.
_ARROW = {
    str(t): t
    for t in [
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float16(), pa.float32(), pa.float64(), pa.bool_()),
        *(pa.string(), pa.large_string(), pa.binary(), pa.large_binary()),
        *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms")),
        *(pa.time64("us"), pa.time64("ns"), *map(pa.duration, UNITS)),
    ]
}
_DECIMALS = {"decimal128": pa.decimal128, "decimal256": pa.decimal256}
_LISTS = {"list": pa.list_, "large_list": pa.large_list}


def arrow_type_node(kind: Any) -> Any:
    """Describe an Arrow type, if it is of the closed list."""
    if isinstance(kind, pa.BaseExtensionType):
        raise NotPlain(f"Arrow type {kind} cannot cross by value")
    if _ARROW.get(str(kind)) == kind:
        return str(kind)
    if pa.types.is_timestamp(kind):
        return ["timestamp", kind.unit, kind.tz]
    if pa.types.is_decimal128(kind) or pa.types.is_decimal256(kind):
        name = "decimal128" if pa.types.is_decimal128(kind) else "decimal256"
        return [name, kind.precision, kind.scale]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        name = "list" if pa.types.is_list(kind) else "large_list"
        return [name, _field_node(kind.value_field)]
    if pa.types.is_struct(kind) and kind.num_fields:
        return ["struct", *(_field_node(kind.field(i)) for i in range(kind.num_fields))]
    raise NotPlain(f"Arrow type {kind} cannot cross by value")


def _field_node(field: Any) -> Any:
    return [field.name, field.nullable, arrow_type_node(field.type)]


def arrow_type(node: Any, depth: int = 0) -> Any:
    """Build the Arrow type."""
    if type(node) is str:
        return _ARROW[one_of(node, tuple(_ARROW))]
    if depth > 16:
        raise Malformed("an Arrow type nested too deep")
    name, *rest = sequence(node)
    if name == "timestamp":
        unit, tz = rest
        if tz is not None and text(tz) not in known_zones():
            matching(tz, _FIXED_OFFSET)
        return pa.timestamp(one_of(unit, UNITS), tz)
    if name in _DECIMALS:
        precision, scale = rest
        return _DECIMALS[name](integer(precision), integer(scale))
    if name in _LISTS:
        (item,) = rest
        return _LISTS[name](_field(item, depth))
    if name != "struct" or not rest:
        raise Malformed("unknown Arrow type")
    return pa.struct([_field(item, depth) for item in rest])


def _field(node: Any, depth: int) -> Any:
    name, nullable, kind = sequence(node)
    return pa.field(text(name), arrow_type(kind, depth + 1), flag(nullable))


def arrow_node(encoder: Any, array: Any) -> Any:
    """Put an array's buffers to the blobs, after a copy of just the rows and values it shows."""
    return _buffers_node(encoder, array.take(pa.array(np.arange(len(array)))))


def _children(array: Any) -> list[Any]:
    if pa.types.is_struct(array.type):
        return [array.field(i) for i in range(array.type.num_fields)]
    return [array.values] if array.type.num_fields else []


def _buffers_node(encoder: Any, array: Any) -> Any:
    if array.offset:
        raise NotPlain(f"a slice of Arrow type {array.type} cannot cross by value")
    buffers = array.buffers()[: array.type.num_buffers]
    for buffer in buffers:
        if buffer is not None:
            encoder.blobs.append(memoryview(buffer).cast("B"))
    present = [buffer is not None for buffer in buffers]
    return [len(array), present, *(_buffers_node(encoder, c) for c in _children(array))]


def arrow_array(decoder: Any, kind: Any, node: Any) -> Any:
    """Build the array of this type, and look at every value of it."""
    array = _from_buffers(decoder, kind, node)
    # Everything that the C++ code takes on trust: sizes, offsets, UTF-8, ranges.
    array.validate(full=True)
    return array


def _from_buffers(decoder: Any, kind: Any, node: Any) -> Any:
    length, present, *children = sequence(node)
    if len(sequence(present)) != kind.num_buffers or len(children) != kind.num_fields:
        raise Malformed("wrong number of Arrow buffers")
    buffers = [pa.py_buffer(bytes(decoder.blob())) if flag(p) else None for p in present]
    fields = [kind.field(i).type for i in range(kind.num_fields)]
    return pa.Array.from_buffers(
        kind,
        integer(length, 0),
        buffers,
        children=[_from_buffers(decoder, f, c) for f, c in zip(fields, children, strict=True)],
    )
