"""How frames, series, indexes and scalars of pandas lie in a message of :mod:`autograde.wire`.

This module owns their nodes, and every check that makes such a node safe to build.  It owns
neither the arrays of NumPy nor those of Arrow that their columns are (:mod:`autograde.arrays`,
:mod:`autograde.arrow`).

The payload under a mask does not travel: it is replaced by zeros, for the grader's own frames may
be made from what the candidate must not see.
"""

import re
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from autograde.arrays import array_node
from autograde.arrow import arrow_array, arrow_node, arrow_type, arrow_type_node
from autograde.nodes import (
    UNITS,
    Malformed,
    NotPlain,
    flag,
    integer,
    matching,
    one_of,
    refusal,
    sequence,
    short,
    zone,
    zone_node,
)

_OFFSET = re.compile(
    r"-?(?:[1-9]\d{0,8})?(?:D|B|h|min|s|ms|us|ns|W-[A-Z]{3}|B?M[SE]|B?[QY][SE]-[A-Z]{3})", re.ASCII
)
_PERIOD = re.compile(
    r"(?:[1-9]\d{0,8})?(?:D|h|min|s|ms|us|ns|M|W-[A-Z]{3}|[QY]-[A-Z]{3})", re.ASCII
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
            raise refusal(array, "as a column")
        return array_node(encoder, values, depth)
    if type(dtype) is pd.CategoricalDtype:
        codes = array_node(encoder, array.codes, depth)
        return ["pc", dtype.ordered, codes, _level_node(encoder, dtype.categories, depth)]
    if type(dtype) is pd.DatetimeTZDtype:
        zone = zone_node(dtype.tz)
        utc = array.tz_convert("UTC").tz_localize(None)
        return ["pz", zone, array_node(encoder, utc.to_numpy(), depth)]
    if type(dtype) is pd.PeriodDtype and _PERIOD.fullmatch(dtype.name[len("period[") : -1]):
        return ["pp", dtype.name[len("period[") : -1], array_node(encoder, array.asi8, depth)]
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
        return ["ps", dtype.storage, na, arrow_node(encoder, strings)]
    if type(dtype) is pd.ArrowDtype:
        kind = arrow_type_node(dtype.pyarrow_dtype)
        return ["pa", kind, arrow_node(encoder, array.__arrow_array__().combine_chunks())]
    if type(dtype) in _MASKED_DTYPES:
        filled = array.to_numpy(dtype=_MASKED[dtype.name][0], na_value=0)
        mask = np.asarray(array.isna())
        nodes = (array_node(encoder, a, depth) for a in (filled, mask))
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
        odd = kind in "mM" and np.datetime_data(values.dtype) not in [(u, 1) for u in UNITS]
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
    dtype = pd.PeriodDtype(matching(freq, _PERIOD))
    numbers = _numbers(decoder, node, depth, "i")
    if numbers.dtype != np.int64:
        raise Malformed("ordinals of another width")
    return pd.arrays.PeriodArray(numbers, dtype=dtype)


def _intervals(decoder: Any, depth: int, closed: Any, left: Any, right: Any) -> Any:
    low, high = (_values(decoder, side, depth) for side in (left, right))
    array = pd.arrays.IntervalArray.from_arrays(
        low, high, closed=cast("Any", one_of(closed, _CLOSED))
    )
    if array.dtype.subtype != low.dtype or low.dtype != high.dtype:
        raise Malformed("ends of an interval of another dtype")
    return array


def _string_column(decoder: Any, _: int, storage: Any, na: Any, node: Any) -> Any:
    missing = pd.NA if one_of(na, ("NA", "nan")) == "NA" else np.nan
    kept = cast("Any", one_of(storage, ("python", "pyarrow")))
    dtype: Any = pd.StringDtype(kept, na_value=cast("Any", missing))
    return dtype.__from_arrow__(arrow_array(decoder, pa.large_string(), node))


def _arrow_column(decoder: Any, _: int, kind: Any, node: Any) -> Any:
    return pd.arrays.ArrowExtensionArray(arrow_array(decoder, arrow_type(kind), node))


def _masked(decoder: Any, depth: int, name: Any, values: Any, mask: Any) -> Any:
    dtype, build = _MASKED[one_of(name, tuple(_MASKED))]
    numbers = _numbers(decoder, values, depth, "biuf")
    if numbers.dtype != dtype:
        raise Malformed("values of another dtype than their column")
    return build(numbers, _numbers(decoder, mask, depth, "b"))


# --- indexes, series, frames -----------------------------------------------------------------


def _index_node(encoder: Any, index: Any, depth: int) -> Any:
    name = encoder.node(index.name, depth) if type(index) is not pd.MultiIndex else None
    if type(index) is pd.RangeIndex:
        if not short(range(index.start, index.stop, index.step)):
            raise refusal(index, "of more than 10 million labels")
        return ["xr", index.start, index.stop, index.step, name]
    if type(index) is pd.MultiIndex:
        nodes = [encoder.node(n, depth) for n in index.names]
        codes = [array_node(encoder, np.asarray(c), depth) for c in index.codes]
        return ["xm", nodes, codes, *(_level_node(encoder, v, depth + 1) for v in index.levels)]
    if type(index) not in ENCODERS:
        raise refusal(index, "as an index")
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
    return type(index)(index, freq=matching(freq, _OFFSET))


def _range_index(decoder: Any, depth: int, start: Any, stop: Any, step: Any, name: Any) -> Any:
    label = decoder.node(name, depth)
    bounds = range(integer(start), integer(stop), integer(step))
    if not short(bounds):
        raise Malformed("a range of more than 10 million labels")
    return pd.RangeIndex(bounds, name=label)


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
    naive = pd.Timestamp(np.datetime64(integer(ticks), cast("Any", one_of(unit, UNITS))))
    tz = zone(node)
    return naive if tz is None else naive.tz_localize("UTC").tz_convert(tz)


def _timedelta(_: Any, __: int, ticks: Any, unit: Any) -> Any:
    return pd.Timedelta(np.timedelta64(integer(ticks), cast("Any", one_of(unit, UNITS))))


def _period_node(encoder: Any, value: Any, _: int) -> Any:
    if not _PERIOD.fullmatch(value.freqstr):
        raise refusal(value, f"of freq {value.freqstr}")
    return ["ppd", value.ordinal, value.freqstr]


def _interval(decoder: Any, depth: int, left: Any, right: Any, closed: Any) -> Any:
    low, high = decoder.node(left, depth), decoder.node(right, depth)
    return pd.Interval(low, high, cast("Any", one_of(closed, _CLOSED)))


# --- tables ----------------------------------------------------------------------------------

ENCODERS: dict[type, Callable[..., Any]] = {
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
        ordinal=integer(ordinal), freq=matching(freq, _PERIOD)
    ),
    "piv": _interval,
    "NaT": lambda d, _: pd.NaT,
    "NA": lambda d, _: pd.NA,
}
