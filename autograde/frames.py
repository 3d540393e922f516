"""How arrays, frames and tensors lie in a message of :mod:`autograde.wire`.

This module owns the nodes and blobs of NumPy, pandas, Arrow and torch values, and every check that
makes such a node safe to build.  It owns neither the message, nor the framing, nor what happens to
a value that is not plain.

An encoder here gets ``(encoder, value, depth)`` and returns a node, a decoder gets ``(decoder,
depth, *arguments)``; bytes are put to ``encoder.blobs`` and taken by ``decoder.blob()`` in the same
order.  A decoder may raise anything: :func:`autograde.wire.decode` turns it into Malformed.  What
it may not do is to make memory that the bytes received do not account for.

What a value does not show does not travel: the gaps between the fields of a structured array, the
payload under a mask or a null, and the rows around an Arrow slice are replaced by zeros or cut
off, for the grader's own frames may be slices of what the candidate must not see.
"""

import datetime
import functools
import math
import re
import sys
import zoneinfo
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

# Elements of an array, or rows, that no bytes stand for.
MAX_EMPTY = 1 << 24
_MAX_WIDTH = 1 << 16
_MAX_DTYPE_DEEP = 8
_UNITS = ("s", "ms", "us", "ns")
_DTYPE = re.compile(
    r"[|<>](?:b1|[iu][1248]|f(?:2|4|8|16)|c(?:8|16|32)|[SUV][1-9]\d{0,8}"
    r"|[mM]8(?:\[(?:[1-9]\d{0,8})?(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?)",
    re.ASCII,
)
_OFFSET = re.compile(
    r"-?(?:[1-9]\d{0,8})?(?:D|B|h|min|s|ms|us|ns|W-[A-Z]{3}|B?M[SE]|B?[QY][SE]-[A-Z]{3})", re.ASCII
)
_PERIOD = re.compile(
    r"(?:[1-9]\d{0,8})?(?:D|h|min|s|ms|us|ns|M|W-[A-Z]{3}|[QY]-[A-Z]{3})", re.ASCII
)
_FIXED_OFFSET = re.compile(r"[+-]\d\d:\d\d", re.ASCII)


class NotPlain(TypeError):
    """A value that cannot cross by value; the message names the class and where in the value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path = ""

    def at(self, step: str) -> "NotPlain":
        """Put one step in front of the path, on the way out of the container."""
        self.path = step + self.path
        return self

    def __str__(self) -> str:
        return f"value{self.path}: {self.args[0]}" if self.path else str(self.args[0])


class TooMuch(NotPlain):
    """A value that is too deep or too large to cross, whole or as the place of handles."""


class Malformed(ValueError):
    """Bytes that are no message."""


def integer(value: Any, low: int = -(1 << 63), high: int = (1 << 63) - 1) -> int:
    """Return `value` if it is an int (no bool) from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise Malformed("not an int, or out of bounds")
    return value


def text(value: Any) -> str:
    """Return `value` if it is a str."""
    if type(value) is not str:
        raise Malformed("not a string")
    return value


def flag(value: Any) -> bool:
    """Return `value` if it is a bool."""
    if type(value) is not bool:
        raise Malformed("not a bool")
    return value


def sequence(value: Any) -> list[Any]:
    """Return `value` if it is a list."""
    if type(value) is not list:
        raise Malformed("not a list")
    return value


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    if text(value) not in known:
        raise Malformed(f"{value[:20]!r} is not one of the known names")
    return str(value)


def _matching(value: Any, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text(value)):
        raise Malformed(f"{value[:20]!r} is not one of the known names")
    return str(value)


def _refuse(value: Any, why: str) -> NotPlain:
    return NotPlain(f"{type(value).__module__}.{type(value).__qualname__} ({why}) cannot cross")


# --- time zones ------------------------------------------------------------------------------


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zone_node(zone: Any) -> Any:
    """Describe a time zone: None, the key of a ZoneInfo, or a fixed offset."""
    if zone is None:
        return None
    if type(zone) is zoneinfo.ZoneInfo and zone.key in _zones():
        return zone.key
    if type(zone) is datetime.timezone:
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
        return [offset.days, offset.seconds, offset.microseconds, *name]
    raise _refuse(zone, "as a time zone")


def zone(node: Any) -> datetime.tzinfo | None:
    """Build the time zone; a key is looked up in the closed list of this system's zones."""
    if node is None:
        return None
    if type(node) is str:
        if node not in _zones():
            raise Malformed("unknown time zone")
        return zoneinfo.ZoneInfo(node)
    days, seconds, microseconds, *name = sequence(node)
    offset = datetime.timedelta(integer(days), integer(seconds), integer(microseconds))
    if len(name) > 1:
        raise Malformed("a time zone with two names")
    return datetime.timezone(offset, *map(text, name))


# --- NumPy -----------------------------------------------------------------------------------


def _dtype_node(dtype: np.dtype[Any], depth: int = 0) -> Any:
    if depth > _MAX_DTYPE_DEEP:
        raise NotPlain("an array whose fields are nested too deep cannot cross by value")
    if dtype.names is not None and dtype.fields is not None and dtype.type is np.void:
        node: list[Any] = ["r", dtype.itemsize]
        for name in dtype.names:
            field, offset, *title = dtype.fields[name]
            if title and type(title[0]) is not str:
                raise NotPlain("the title of a field is no string")
            node.append([name, _dtype_node(field, depth + 1), offset, *title])
        if sum(dtype.fields[name][0].itemsize for name in dtype.names) > dtype.itemsize:
            raise NotPlain("an array whose fields overlap cannot cross by value")
        return node
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["s", _dtype_node(base, depth + 1), *shape]
    # The comparison finds dtypes of other packages, which call themselves a void of their width.
    if _DTYPE.fullmatch(dtype.str) and np.dtype(dtype.str) == dtype:
        return dtype.str
    raise NotPlain(f"an array of dtype {dtype} cannot cross by value")


def _dtype(node: Any, depth: int = 0) -> np.dtype[Any]:
    if type(node) is str:
        return np.dtype(_matching(node, _DTYPE))
    if depth > _MAX_DTYPE_DEEP:
        raise Malformed("a dtype nested too deep")
    kind, first, *rest = sequence(node)
    if kind == "s":
        base = _dtype(first, depth + 1)
        shape = tuple(integer(d, 1, 1 << 31) for d in rest)
        if len(shape) > 8 or math.prod(shape) * base.itemsize >= 1 << 31:
            raise Malformed("a field too large")
        return np.dtype((base, shape))
    if kind != "r":
        raise Malformed("unknown kind of dtype")
    names, formats, offsets, titles = [], [], [], []
    for field in rest:
        name, form, offset, *title = sequence(field)
        names.append(text(name))
        formats.append(_dtype(form, depth + 1))
        offsets.append(integer(offset, 0, 1 << 31))
        titles.append(text(title[0]) if title else None)
        if len(title) > 1:
            raise Malformed("a field with two titles")
    # Each field is looked at on its own: were they to overlap, a few bytes could cost hours.
    if sum(f.itemsize for f in formats) > integer(first, 0, 1 << 31):
        raise Malformed("fields that overlap")
    spec: dict[str, Any] = {"names": names, "formats": formats, "offsets": offsets}
    if any(t is not None for t in titles):
        spec["titles"] = titles
    spec["itemsize"] = first
    built: np.dtype[Any] = np.dtype(cast("Any", spec))
    return built


def _check_shape(shape: list[Any], width: int, length: int) -> None:
    """Compare what a shape claims with the bytes there are, before anything is made."""
    sizes = [integer(d, 0) for d in sequence(shape)]
    if len(sizes) > 64 or math.prod(sizes) * width != length:
        raise Malformed("a shape that the bytes do not fill")
    if not length and math.prod(max(d, 1) for d in sizes) > MAX_EMPTY:
        raise Malformed("a shape too large for no bytes at all")


def _copy_fields(target: Any, source: Any) -> None:
    if source.dtype.names is None:
        target[...] = source
        return
    for name in source.dtype.names:
        _copy_fields(target[name], source[name])


def _bytes_of(array: Any) -> memoryview:
    """Give the bytes of an array that is contiguous in C order, without a copy."""
    return array.reshape(-1).view(np.uint8).data if array.nbytes else memoryview(b"")


def _array_node(encoder: Any, array: Any, depth: int) -> Any:
    if array.dtype.kind == "O":
        return _objects_node(encoder, array, depth)
    if isinstance(array.dtype, np.dtypes.StringDType):
        if array.dtype != np.dtypes.StringDType():
            raise NotPlain("an array of strings with a missing value cannot cross by value")
        return ["at", _objects_node(encoder, array.astype(object), depth)]
    node = _dtype_node(array.dtype)
    width = array.dtype.itemsize
    if not width or (not array.size and width > _MAX_WIDTH):
        raise NotPlain(f"an array of dtype {array.dtype} ({width} bytes) cannot cross by value")
    if not array.size and math.prod(max(d, 1) for d in array.shape) > MAX_EMPTY:
        raise NotPlain(f"an empty array of shape {array.shape} cannot cross by value")
    if array.dtype.names is not None:
        # A selection of fields still has the bytes of all the others.
        whole = np.zeros(array.shape, array.dtype)
        _copy_fields(whole, array)
        array = whole
    order = "C"
    if not array.flags.c_contiguous:
        if array.flags.f_contiguous:
            order = "F"
            encoder.blobs.append(_bytes_of(array.T))
            return ["a", node, order, *array.shape]
        array = np.ascontiguousarray(array)
    encoder.blobs.append(_bytes_of(array))
    return ["a", node, order, *array.shape]


def _array(decoder: Any, _: int, form: Any, order: Any, *shape: Any) -> Any:
    dtype = _dtype(form)
    blob = decoder.blob()
    _check_shape(list(shape), dtype.itemsize, len(blob))
    if not 0 < dtype.itemsize <= max(len(blob), _MAX_WIDTH):
        raise Malformed("a dtype wider than the bytes there are")
    arranged = cast("Any", _one_of(order, ("C", "F")))
    if not blob:
        return np.empty(shape, dtype, arranged)
    array = np.ndarray(shape, dtype, blob, order=arranged).copy("K")
    _check_elements(array)
    return array


def _check_elements(array: Any) -> None:
    """Refuse bytes that are no bool or no character: NumPy takes them on trust."""
    if array.dtype.names is not None:
        for name in array.dtype.names:
            _check_elements(array[name])
    elif array.dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise Malformed("a bool that is neither 0 nor 1")
    elif array.dtype.kind == "U":
        flat = np.ascontiguousarray(array).reshape(-1)
        if flat.view(flat.dtype.byteorder.replace("|", "=") + "u4").max(initial=0) > sys.maxunicode:
            raise Malformed("a character beyond Unicode")


def _objects_node(encoder: Any, array: Any, depth: int) -> Any:
    shape = list(array.shape)
    items = array.reshape(-1).tolist()
    if not items and math.prod(max(d, 1) for d in shape) > MAX_EMPTY:
        raise NotPlain(f"an empty array of shape {array.shape} cannot cross by value")
    if items and set(map(type, items)) == {str}:
        try:
            strings = pa.array(items, pa.large_string())
        except UnicodeEncodeError:
            pass  # lone surrogates: they can stand in the header only
        else:
            return ["os", shape, _arrow_node(encoder, strings)]
    return encoder.items(["o", shape], items, depth)


def _fill(shape: list[Any], items: list[Any]) -> Any:
    _check_shape(shape, 1, len(items))
    array = np.empty(len(items), object)
    for position, item in enumerate(items):
        array[position] = item
    return array.reshape(shape)


def _strings(decoder: Any, _: int, shape: Any, node: Any) -> Any:
    strings = _arrow(decoder, pa.large_string(), node)
    if strings.null_count:
        raise Malformed("a null among strings")
    return _fill(shape, strings.to_pylist())


def _text_array(decoder: Any, depth: int, node: Any) -> Any:
    objects = decoder.node(node, depth)
    if type(objects) is not np.ndarray or any(type(o) is not str for o in objects.reshape(-1)):
        raise Malformed("an array of strings with something else in it")
    return objects.astype(np.dtypes.StringDType())


def _scalar(decoder: Any, depth: int, node: Any) -> Any:
    array = decoder.node(node, depth)
    if type(array) is not np.ndarray or array.ndim or array.dtype.kind == "O":
        raise Malformed("a scalar that is no array of no dimension")
    return array[()]


# --- Arrow -----------------------------------------------------------------------------------

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
        *(pa.time64("us"), pa.time64("ns"), *map(pa.duration, _UNITS)),
    ]
}
_DECIMALS = {"decimal128": pa.decimal128, "decimal256": pa.decimal256}
_LISTS = {"list": pa.list_, "large_list": pa.large_list}


def _arrow_type_node(kind: Any) -> Any:
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
    return [field.name, field.nullable, _arrow_type_node(field.type)]


def _arrow_type(node: Any, depth: int = 0) -> Any:
    if type(node) is str:
        return _ARROW[_one_of(node, tuple(_ARROW))]
    if depth > 16:
        raise Malformed("an Arrow type nested too deep")
    name, *rest = sequence(node)
    if name == "timestamp":
        unit, tz = rest
        if tz is not None and text(tz) not in _zones():
            _matching(tz, _FIXED_OFFSET)
        return pa.timestamp(_one_of(unit, _UNITS), tz)
    if name in ("decimal128", "decimal256"):
        precision, scale = rest
        return _DECIMALS[name](integer(precision), integer(scale))
    if name in ("list", "large_list"):
        (item,) = rest
        return _LISTS[name](_field(item, depth))
    if name != "struct" or not rest:
        raise Malformed("unknown Arrow type")
    return pa.struct([_field(item, depth) for item in rest])


def _field(node: Any, depth: int) -> Any:
    name, nullable, kind = sequence(node)
    return pa.field(text(name), _arrow_type(kind, depth + 1), flag(nullable))


def _arrow_node(encoder: Any, array: Any) -> Any:
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


def _arrow(decoder: Any, kind: Any, node: Any) -> Any:
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


# --- columns: what stands in a series, a column, an index or a set of categories --------------

_MASKED: dict[str, tuple[Any, Any]] = {
    **{f"Int{n}": (f"int{n}", pd.arrays.IntegerArray) for n in (8, 16, 32, 64)},
    **{f"UInt{n}": (f"uint{n}", pd.arrays.IntegerArray) for n in (8, 16, 32, 64)},
    **{f"Float{n}": (f"float{n}", pd.arrays.FloatingArray) for n in (32, 64)},
    "boolean": ("bool", pd.arrays.BooleanArray),
}
_MASKED_DTYPES = {type(pd.api.types.pandas_dtype(name)) for name in _MASKED}
_CLOSED = ("left", "right", "both", "neither")


def _column_node(encoder: Any, owner: Any, depth: int) -> Any:
    """Encode the values of a Series or an Index."""
    dtype, array = owner.dtype, owner.array
    if isinstance(dtype, np.dtype):
        values = owner.to_numpy()
        if values.dtype != dtype or type(values) is not np.ndarray:
            raise _refuse(array, "as a column")
        return _array_node(encoder, values, depth)
    if type(dtype) is pd.CategoricalDtype:
        codes = _array_node(encoder, array.codes, depth)
        return ["pc", dtype.ordered, codes, _level_node(encoder, dtype.categories, depth)]
    if type(dtype) is pd.DatetimeTZDtype:
        zone = zone_node(dtype.tz)
        utc = array.tz_convert("UTC").tz_localize(None)
        return ["pz", zone, _array_node(encoder, utc.to_numpy(), depth)]
    if type(dtype) is pd.PeriodDtype and _PERIOD.fullmatch(dtype.name[len("period[") : -1]):
        return ["pp", dtype.name[len("period[") : -1], _array_node(encoder, array.asi8, depth)]
    if type(dtype) is pd.IntervalDtype:
        left = _column_node(encoder, array.left, depth)
        return ["pi", array.closed, left, _column_node(encoder, array.right, depth)]
    if type(dtype) is pd.StringDtype:
        na = "NA" if dtype.na_value is pd.NA else "nan"
        try:
            strings = pa.array(array, pa.large_string(), from_pandas=True)
        except UnicodeEncodeError:
            raise NotPlain("a string column with lone surrogates cannot cross") from None
        if isinstance(strings, pa.ChunkedArray):
            strings = strings.combine_chunks()
        return ["ps", dtype.storage, na, _arrow_node(encoder, strings)]
    if type(dtype) is pd.ArrowDtype:
        kind = _arrow_type_node(dtype.pyarrow_dtype)
        return ["pa", kind, _arrow_node(encoder, array.__arrow_array__().combine_chunks())]
    if type(dtype) in _MASKED_DTYPES:
        filled = array.to_numpy(dtype=_MASKED[dtype.name][0], na_value=0)
        mask = np.asarray(array.isna())
        nodes = (_array_node(encoder, a, depth) for a in (filled, mask))
        return ["pm", dtype.name, *nodes]
    raise NotPlain(f"pandas dtype {dtype} cannot cross by value")


def _level_node(encoder: Any, level: Any, depth: int) -> Any:
    # pandas writes levels and categories out, so a range goes as its labels: as three numbers it
    # would let a few bytes stand for any amount of memory.
    if type(level) is pd.RangeIndex:
        dense = pd.Index(level.to_numpy(), name=level.name)
        return ["xd", _index_node(encoder, dense, depth)]
    return _index_node(encoder, level, depth)


def _level(decoder: Any, node: Any, depth: int) -> Any:
    if sequence(node)[0] == "xr":
        raise Malformed("a range as categories or as a level")
    level = decoder.node(node, depth)
    if not isinstance(level, pd.Index) or isinstance(level, pd.MultiIndex):
        raise Malformed("categories or a level of another kind")
    return level


def _dense_range(decoder: Any, depth: int, node: Any) -> Any:
    index = decoder.node(node, depth)
    if type(index) is not pd.Index or index.dtype != np.int64:
        raise Malformed("a range of something else than int64")
    first, second = [*index[:2].tolist(), 0, 1][:2]
    step = second - first if len(index) > 1 else 1
    found = pd.RangeIndex(first, first + step * len(index), step, name=index.name)
    if not np.array_equal(found.to_numpy(), index.to_numpy()):
        raise Malformed("labels that are no range")
    return found


def _values(decoder: Any, node: Any, depth: int) -> Any:
    """Decode what may stand as a column: an array with one dimension and a dtype of pandas."""
    values = decoder.node(node, depth)
    if type(values) is np.ndarray:
        kind = values.dtype.kind
        odd = kind in "mM" and np.datetime_data(values.dtype) not in [(u, 1) for u in _UNITS]
        if values.ndim != 1 or kind not in "biufcOmM" or odd:
            raise Malformed("an array that cannot be a column")
    elif not isinstance(values, pd.api.extensions.ExtensionArray):
        raise Malformed("not a column")
    return values


def _numbers(decoder: Any, node: Any, depth: int, kinds: str) -> Any:
    values = decoder.node(node, depth)
    if type(values) is not np.ndarray or values.dtype.kind not in kinds or values.ndim != 1:
        raise Malformed(f"not an array of kind {kinds}")
    return values


def _categorical(decoder: Any, depth: int, ordered: Any, codes: Any, categories: Any) -> Any:
    numbers = _numbers(decoder, codes, depth, "i")
    dtype = pd.CategoricalDtype(_level(decoder, categories, depth), flag(ordered))
    return pd.Categorical.from_codes(numbers, dtype=dtype)


def _zoned(decoder: Any, depth: int, zone_: Any, node: Any) -> Any:
    utc = pd.DatetimeIndex(_numbers(decoder, node, depth, "M"))
    tz = zone(zone_)
    if tz is None:
        raise Malformed("no time zone")
    return utc.tz_localize("UTC").tz_convert(tz).array


def _periods(decoder: Any, depth: int, freq: Any, node: Any) -> Any:
    dtype = pd.PeriodDtype(_matching(freq, _PERIOD))
    numbers = _numbers(decoder, node, depth, "i")
    if numbers.dtype != np.int64:
        raise Malformed("ordinals of another width")
    return pd.arrays.PeriodArray(numbers, dtype=dtype)


def _intervals(decoder: Any, depth: int, closed: Any, left: Any, right: Any) -> Any:
    low, high = (_values(decoder, side, depth) for side in (left, right))
    array = pd.arrays.IntervalArray.from_arrays(
        low, high, closed=cast("Any", _one_of(closed, _CLOSED))
    )
    if array.dtype.subtype != low.dtype or low.dtype != high.dtype:
        raise Malformed("ends of an interval of another dtype")
    return array


def _string_column(decoder: Any, _: int, storage: Any, na: Any, node: Any) -> Any:
    missing = pd.NA if _one_of(na, ("NA", "nan")) == "NA" else np.nan
    kept = cast("Any", _one_of(storage, ("python", "pyarrow")))
    dtype: Any = pd.StringDtype(kept, na_value=cast("Any", missing))
    return dtype.__from_arrow__(_arrow(decoder, pa.large_string(), node))


def _arrow_column(decoder: Any, _: int, kind: Any, node: Any) -> Any:
    return pd.arrays.ArrowExtensionArray(_arrow(decoder, _arrow_type(kind), node))


def _masked(decoder: Any, depth: int, name: Any, values: Any, mask: Any) -> Any:
    dtype, build = _MASKED[_one_of(name, tuple(_MASKED))]
    numbers = _numbers(decoder, values, depth, "biuf")
    if numbers.dtype != dtype:
        raise Malformed("values of another dtype than their column")
    return build(numbers, _numbers(decoder, mask, depth, "b"))


# --- indexes, series, frames -----------------------------------------------------------------


def _index_node(encoder: Any, index: Any, depth: int) -> Any:
    name = encoder.node(index.name, depth) if type(index) is not pd.MultiIndex else None
    if type(index) is pd.RangeIndex:
        return ["xr", index.start, index.stop, index.step, name]
    if type(index) is pd.MultiIndex:
        nodes = [encoder.node(n, depth) for n in index.names]
        codes = [_array_node(encoder, np.asarray(c), depth) for c in index.codes]
        return ["xm", nodes, codes, *(_level_node(encoder, v, depth + 1) for v in index.levels)]
    if type(index) not in ENCODERS:
        raise _refuse(index, "as an index")
    freq = getattr(index, "freq", None) if type(index) is not pd.PeriodIndex else None
    spelled = None
    if freq is not None and _OFFSET.fullmatch(freq.freqstr):
        # freqstr leaves out arguments such as normalize
        spelled = freq.freqstr if pd.tseries.frequencies.to_offset(freq.freqstr) == freq else None
    return ["x", name, spelled, _column_node(encoder, index, depth)]


def _index(decoder: Any, depth: int, name: Any, freq: Any, node: Any) -> Any:
    label = decoder.node(name, depth)
    values = _values(decoder, node, depth)
    index = pd.Index(values, dtype=values.dtype, name=label, copy=False)
    if index.dtype != values.dtype:
        raise Malformed("an index of a dtype that pandas does not keep")
    if freq is None:
        return index
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        raise Malformed("a freq where there is none")
    return type(index)(index, freq=_matching(freq, _OFFSET))


def _range_index(decoder: Any, depth: int, start: Any, stop: Any, step: Any, name: Any) -> Any:
    label = decoder.node(name, depth)
    return pd.RangeIndex(integer(start), integer(stop), integer(step), name=label)


def _multi_index(decoder: Any, depth: int, names: Any, codes: Any, *levels: Any) -> Any:
    labels = [decoder.node(n, depth) for n in sequence(names)]
    numbers = [_numbers(decoder, c, depth, "i") for c in sequence(codes)]
    tables = [_level(decoder, v, depth + 1) for v in levels]
    # verify_integrity is what checks the codes against the levels.
    return pd.MultiIndex(tables, numbers, names=labels, verify_integrity=True)


def _series_node(encoder: Any, series: Any, depth: int) -> Any:
    index = _index_node(encoder, series.index, depth)
    return ["ds", encoder.node(series.name, depth), index, _column_node(encoder, series, depth)]


def _pandas_index(decoder: Any, node: Any, depth: int) -> Any:
    index = decoder.node(node, depth)
    if not isinstance(index, pd.Index):
        raise Malformed("not an index")
    return index


def _on(index: Any, values: Any) -> Any:
    series = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    if series.dtype != values.dtype:
        raise Malformed("a column of a dtype that pandas does not keep")
    return series


def _series(decoder: Any, depth: int, name: Any, index: Any, node: Any) -> Any:
    labels = _pandas_index(decoder, index, depth)
    label = decoder.node(name, depth)
    series = _on(labels, _values(decoder, node, depth))
    series.name = label
    return series


def _frame_node(encoder: Any, frame: Any, depth: int) -> Any:
    index = _index_node(encoder, frame.index, depth)
    node = ["df", index, _index_node(encoder, frame.columns, depth)]
    for position in range(frame.shape[1]):
        try:
            node.append(_column_node(encoder, frame.iloc[:, position], depth))
        except NotPlain as error:
            raise error.at(f".iloc[:, {position}]") from None
    return node


def _frame(decoder: Any, depth: int, index: Any, labels: Any, *nodes: Any) -> Any:
    rows = _pandas_index(decoder, index, depth)
    columns = _pandas_index(decoder, labels, depth)
    if len(columns) != len(nodes):
        raise Malformed("not as many columns as labels")
    series = {i: _on(rows, _values(decoder, n, depth)) for i, n in enumerate(nodes)}
    frame = pd.DataFrame(series, index=rows, copy=False)
    frame.columns = columns
    return frame


# --- scalars of pandas -----------------------------------------------------------------------


def _timestamp_node(encoder: Any, value: Any, _: int) -> Any:
    ticks = value.to_datetime64()
    return ["pts", int(ticks.view(np.int64)), value.unit, zone_node(value.tzinfo)]


def _timestamp(_: Any, __: int, ticks: Any, unit: Any, node: Any) -> Any:
    naive = pd.Timestamp(np.datetime64(integer(ticks), cast("Any", _one_of(unit, _UNITS))))
    tz = zone(node)
    return naive if tz is None else naive.tz_localize("UTC").tz_convert(tz)


def _timedelta(_: Any, __: int, ticks: Any, unit: Any) -> Any:
    return pd.Timedelta(np.timedelta64(integer(ticks), cast("Any", _one_of(unit, _UNITS))))


def _period_node(encoder: Any, value: Any, _: int) -> Any:
    if not _PERIOD.fullmatch(value.freqstr):
        raise _refuse(value, f"of freq {value.freqstr}")
    return ["ppd", value.ordinal, value.freqstr]


def _interval(decoder: Any, depth: int, left: Any, right: Any, closed: Any) -> Any:
    low, high = decoder.node(left, depth), decoder.node(right, depth)
    return pd.Interval(low, high, cast("Any", _one_of(closed, _CLOSED)))


# --- torch -----------------------------------------------------------------------------------

_TENSORS = (
    *("float64", "float32", "float16", "bfloat16", "complex128", "complex64", "bool"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
)


def tensor_encoder(kind: type) -> Callable[..., Any] | None:
    """Give the encoder if `kind` is ``torch.Tensor``; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return _tensor_node if kind is getattr(torch, "Tensor", None) else None


def _tensor_node(encoder: Any, tensor: Any, _: int) -> Any:
    import torch

    name = str(tensor.dtype).removeprefix("torch.")
    dense = tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_meta
    if name not in _TENSORS or not dense:
        raise _refuse(tensor, f"of dtype {name}, layout {tensor.layout}, on {tensor.device}")
    if not tensor.numel() and math.prod(max(d, 1) for d in tensor.shape) > MAX_EMPTY:
        raise _refuse(tensor, f"empty, of shape {tuple(tensor.shape)}")
    near = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    empty = not near.numel()
    raw = memoryview(b"") if empty else near.reshape(-1).view(torch.uint8).numpy().data
    encoder.blobs.append(raw)
    return ["T", name, tensor.requires_grad, *tensor.shape]


def _tensor(decoder: Any, _: int, name: Any, requires_grad: Any, *shape: Any) -> Any:
    import torch  # slow, so only where a tensor arrives

    dtype = getattr(torch, _one_of(name, _TENSORS))
    blob = decoder.blob()
    _check_shape(list(shape), dtype.itemsize, len(blob))
    if name == "bool" and blob and np.frombuffer(blob, np.uint8).max() > 1:
        raise Malformed("a bool that is neither 0 nor 1")
    if not blob:
        return torch.empty(shape, dtype=dtype).requires_grad_(flag(requires_grad))
    # frombuffer shares memory with a bytearray that only this tensor refers to.
    tensor = torch.frombuffer(bytearray(blob), dtype=dtype).reshape(shape)
    return tensor.requires_grad_(flag(requires_grad))


# --- tables ----------------------------------------------------------------------------------

ENCODERS: dict[type, Callable[..., Any]] = {
    np.ndarray: _array_node,
    np.str_: lambda e, v, d: ["ns", "".join(v)],
    np.bytes_: lambda e, v, d: e.bytes("nb", bytes(v)),
    **{
        np.dtype(c).type: lambda e, v, d: ["n", _array_node(e, np.asarray(v), d)]
        for c in "?bhilqBHILQefdgFDGmMV"
    },
    pd.DataFrame: _frame_node,
    pd.Series: _series_node,
    pd.Index: _index_node,
    pd.RangeIndex: _index_node,
    pd.MultiIndex: _index_node,
    pd.DatetimeIndex: _index_node,
    pd.TimedeltaIndex: _index_node,
    pd.PeriodIndex: _index_node,
    pd.IntervalIndex: _index_node,
    pd.CategoricalIndex: _index_node,
    pd.Timestamp: _timestamp_node,
    pd.Timedelta: lambda e, v, d: ["ptd", int(v.to_timedelta64().view(np.int64)), v.unit],
    pd.Period: _period_node,
    pd.Interval: lambda e, v, d: [*e.items(["piv"], (v.left, v.right), d), v.closed],
    type(pd.NaT): lambda e, v, d: ["NaT"],
    type(pd.NA): lambda e, v, d: ["NA"],
}
DECODERS: dict[str, Callable[..., Any]] = {
    "a": _array,
    "at": _text_array,
    "o": lambda d, depth, shape, *nodes: _fill(shape, d.items(depth, nodes)),
    "os": _strings,
    "n": _scalar,
    "ns": lambda d, _, value: np.str_(text(value)),
    "nb": lambda d, _: np.bytes_(bytes(d.blob())),
    "pc": _categorical,
    "pz": _zoned,
    "pp": _periods,
    "pi": _intervals,
    "ps": _string_column,
    "pa": _arrow_column,
    "pm": _masked,
    "x": _index,
    "xr": _range_index,
    "xd": _dense_range,
    "xm": _multi_index,
    "ds": _series,
    "df": _frame,
    "pts": _timestamp,
    "ptd": _timedelta,
    "ppd": lambda d, _, ordinal, freq: pd.Period(
        ordinal=integer(ordinal), freq=_matching(freq, _PERIOD)
    ),
    "piv": _interval,
    "NaT": lambda d, _: pd.NaT,
    "NA": lambda d, _: pd.NA,
    "T": _tensor,
}
