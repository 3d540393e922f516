"""The data format of the link: what crosses it exactly, what stays, and what hostile bytes do."""

import ast
import datetime
import decimal
import io
import json
import math
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zoneinfo
from collections import Counter, OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograde import arrays, wire
from autograde.values import MAX_DEPTH, OPEN_TAGS, WHOLE_TAGS
from autograde.wire import Handle, Malformed, NotPlain

torch = pytest.importorskip("torch")

MODEST = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SEOUL = zoneinfo.ZoneInfo("Asia/Seoul")
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
PRELUDE = struct.Struct("<4sII")


# --- helpers ---------------------------------------------------------------------------------


def message(value, **options):
    """One message as bytes."""
    return b"".join(wire.encode(value, **options))


def there_and_back(value):
    """Encode and decode."""
    return wire.decode(message(value))


def forge(header, *blobs):
    """A message with this header (a JSON value, or bytes as they are) and these blobs."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    lengths = struct.pack(f"<{len(blobs)}Q", *map(len, blobs))
    return PRELUDE.pack(b"AGW1", len(raw), len(blobs)) + lengths + raw + b"".join(blobs)


def parts_of(data):
    """The header (a JSON value) and the blobs of a valid message."""
    _, header_length, count = PRELUDE.unpack_from(data)
    lengths = struct.unpack_from(f"<{count}Q", data, PRELUDE.size)
    at = PRELUDE.size + 8 * count
    header = json.loads(data[at : at + header_length].decode("utf-8", "surrogatepass"))
    at += header_length
    blobs = []
    for length in lengths:
        blobs.append(data[at : at + length])
        at += length
    return header, blobs


def same(a, b):
    """Whether two values are of the same types and bits all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    if isinstance(a, set | frozenset):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    if type(a) is float:
        return struct.pack("d", a) == struct.pack("d", b)
    if type(a) is complex:
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, slice):
        return same([a.start, a.stop, a.step], [b.start, b.stop, b.step])
    if isinstance(a, datetime.datetime | datetime.time) and not isinstance(a, pd.Timestamp):
        return repr(a) == repr(b) and a.fold == b.fold
    if isinstance(a, pd.Timestamp):
        return repr(a) == repr(b) and a.unit == b.unit and a.fold == b.fold
    if isinstance(a, pd.Timedelta):
        return a == b and a.unit == b.unit
    if isinstance(a, decimal.Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, np.ndarray | np.generic):
        return same_array(np.asarray(a), np.asarray(b))
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(
            a, b, check_exact=True, check_freq=True, check_index_type=True, check_column_type=True
        )
        return list(a.dtypes) == list(b.dtypes) and a.columns.names == b.columns.names
    if isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b, check_exact=True, check_freq=True)
        return same(a.name, b.name) and type(a.array) is type(b.array)
    if isinstance(a, pd.Index):
        pd.testing.assert_index_equal(a, b, exact=True)
        return same(list(a.names), list(b.names)) and getattr(a, "freq", 0) == getattr(b, "freq", 0)
    if type(a) is torch.Tensor:
        bits = [
            t.detach().resolve_conj().contiguous().reshape(-1).view(torch.uint8).tolist()
            for t in (a, b)
        ]
        facts = [(t.dtype, t.shape, t.requires_grad) for t in (a, b)]
        return facts[0] == facts[1] and bits[0] == bits[1]
    return a is b or bool(a == b)


def same_array(a, b):
    """Whether two arrays have the same dtype, shape and elements, field by field."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.names is not None:
        return all(same_array(a[n], b[n]) for n in a.dtype.names)
    if a.dtype.kind in "OT":
        return same(a.reshape(-1).tolist(), b.reshape(-1).tolist())
    if a.dtype.kind in "fc" and a.dtype.itemsize in (16, 32) and a.dtype.char in "gG":
        return bool(np.array_equal(a, b, equal_nan=True))  # these have padding
    return a.tobytes() == b.tobytes()


SHORT = st.integers(-1_000_000, 1_000_000)


# --- strategies ------------------------------------------------------------------------------

ZONES = st.sampled_from(
    [
        *(None, datetime.UTC, SEOUL, NEW_YORK),
        *(datetime.timezone(datetime.timedelta(minutes=-90)),),
        *(datetime.timezone(datetime.timedelta(hours=9), "KST"),),
        *(datetime.timezone(datetime.timedelta(seconds=61, microseconds=5)),),
    ]
)
# sNaN is left out: it has no hash.
NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(1 << 200), 1 << 200),
    st.floats(),
    st.complex_numbers(),
    st.decimals().filter(lambda d: not d.is_snan()),
)
TIMES = st.one_of(
    st.datetimes(timezones=ZONES, allow_imaginary=True),
    st.dates(),
    st.times(timezones=st.sampled_from([None, datetime.UTC])),
    st.timedeltas(),
)
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=8)
NUMPY_SCALARS = st.one_of(
    hnp.scalar_dtypes().flatmap(hnp.from_dtype).filter(lambda x: isinstance(x, np.generic)),
    TEXTS.map(np.str_),
    st.binary(max_size=5).map(np.bytes_),
)
PANDAS_SCALARS = st.one_of(
    st.sampled_from([pd.NaT, pd.NA]),
    st.builds(
        lambda t, unit, tz: pd.Timestamp(t).as_unit(unit).tz_localize("UTC").tz_convert(tz),
        st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
        st.sampled_from(["s", "ms", "us", "ns"]),
        ZONES,
    ),
    st.builds(
        lambda t, unit: pd.Timedelta(t, unit="s").as_unit(unit),
        st.integers(-(10**9), 10**9),
        st.sampled_from(["s", "ms", "us", "ns"]),
    ),
    st.builds(
        lambda n, f: pd.Period(ordinal=n, freq=f),
        st.integers(0, 500),
        st.sampled_from(["D", "M", "Q-NOV", "Y-DEC", "2h", "W-SUN"]),
    ),
    st.builds(
        lambda a, b, c: pd.Interval(a, a + b, c),
        st.integers(-9, 9),
        st.sampled_from([0, 1, 2.5]),
        st.sampled_from(["left", "right", "both", "neither"]),
    ),
)
KEYS = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), NUMBERS, TEXTS, st.binary(max_size=5), TIMES),
        *(PANDAS_SCALARS, st.builds(range, SHORT, SHORT)),
    ),
    lambda keys: st.one_of(st.lists(keys, max_size=3).map(tuple), st.frozensets(keys, max_size=3)),
    max_leaves=5,
)
# To pandas, NaN inside a tuple is never the same: the frames could not be compared.
CELLS = KEYS.filter(lambda k: not isinstance(k, tuple | frozenset) or "nan" not in repr(k).lower())
ARRAYS = st.one_of(
    hnp.arrays(
        st.one_of(
            hnp.scalar_dtypes(), hnp.datetime64_dtypes(endianness="?"), hnp.nested_dtypes()
        ).filter(lambda t: "O" not in str(t) and t.itemsize),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    hnp.arrays(object, hnp.array_shapes(max_side=3), elements=KEYS),
)
VALUES = st.recursive(
    st.one_of(
        *(KEYS, NUMPY_SCALARS, ARRAYS, st.just(...), st.binary().map(bytearray)),
        st.builds(slice, st.none() | st.integers(), st.none() | st.integers(), TEXTS),
    ),
    lambda values: st.one_of(
        st.lists(values, max_size=4),
        st.lists(values, max_size=4).map(tuple),
        st.dictionaries(KEYS, values, max_size=4),
        st.sets(KEYS, max_size=4),
    ),
    max_leaves=8,
)


@st.composite
def columns(draw, length):
    """A Series of any dtype that crosses, of this length."""
    missing = draw(st.lists(st.booleans(), min_size=length, max_size=length))

    def some(elements):
        drawn = draw(st.lists(elements, min_size=length, max_size=length))
        return [None if m else x for m, x in zip(missing, drawn, strict=True)]

    kind = draw(st.sampled_from(COLUMN_KINDS))
    small = st.integers(0, 100)
    match kind:
        case "numpy":
            dtype = draw(
                st.one_of(hnp.integer_dtypes(), hnp.floating_dtypes(), hnp.boolean_dtypes())
            )
            return pd.Series(draw(hnp.arrays(dtype, length)), dtype=dtype)
        case "object":
            values = np.empty(length, object)
            for i, key in enumerate(draw(st.lists(CELLS, min_size=length, max_size=length))):
                values[i] = key
            return pd.Series(values, dtype=object)
        case "category":
            labels = pd.Index(["b", "a", "c", "unused"], name="labels")
            values = some(st.sampled_from("abc"))
            dtype = pd.CategoricalDtype(labels, ordered=draw(st.booleans()))
            return pd.Series(values, dtype=dtype)
        case "datetime" | "timedelta":
            unit = draw(st.sampled_from(["s", "ms", "us", "ns"]))
            values = pd.Series(some(small), dtype="float").astype("Int64")
            letter = "M8" if kind == "datetime" else "m8"
            raw = values.fillna(0).to_numpy(dtype="int64").astype(f"{letter}[{unit}]")
            raw[np.array(missing, bool)] = "NaT"
            series = pd.Series(raw)
            zone = draw(ZONES)
            if kind == "datetime" and zone is not None:
                series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
            return series
        case "period":
            freq = draw(st.sampled_from(["D", "M", "Q-NOV", "2h", "Y-DEC", "W-TUE"]))
            values = [pd.NaT if x is None else pd.Period(ordinal=x, freq=freq) for x in some(small)]
            return pd.Series(pd.array(values, dtype=pd.PeriodDtype(freq)))
        case "interval":
            closed = draw(st.sampled_from(["left", "right", "both", "neither"]))
            left = np.array([np.nan if x is None else x for x in some(small)], float)
            return pd.Series(pd.arrays.IntervalArray.from_arrays(left, left + 1, closed))
        case "masked":
            name = draw(st.sampled_from(["Int8", "UInt64", "Int64", "Float32", "Float64"]))
            return pd.Series(some(small), dtype=name)
        case "boolean":
            return pd.Series(some(st.booleans()), dtype="boolean")
        case "string":
            dtype = pd.StringDtype(
                draw(st.sampled_from(["python", "pyarrow"])),
                na_value=draw(st.sampled_from([np.nan, pd.NA])),
            )
            return pd.Series(some(st.text(max_size=4)), dtype=dtype)
    element, dtype = draw(st.sampled_from(ARROW_KINDS))
    array = pa.array(some(st.just(element)), dtype)
    return pd.Series(pd.arrays.ArrowExtensionArray(array))


COLUMN_KINDS = [
    *("numpy", "object", "category", "datetime", "timedelta", "period", "interval"),
    *("masked", "boolean", "string", "arrow"),
]
ARROW_KINDS = [
    (7, pa.int8()),
    (True, pa.bool_()),
    ("é", pa.string()),
    (b"\xff", pa.large_binary()),
    (decimal.Decimal("1.25"), pa.decimal128(9, 2)),
    (datetime.datetime(2024, 3, 1), pa.timestamp("us", "Asia/Seoul")),
    (datetime.date(2024, 3, 1), pa.date32()),
    (datetime.time(1, 2, 3, 4), pa.time64("us")),
    (datetime.timedelta(1), pa.duration("ms")),
    (["a", None], pa.list_(pa.string())),
    ({"a": [1], "b": "x"}, pa.struct([("a", pa.large_list(pa.int16())), ("b", pa.string())])),
]


@st.composite
def labels(draw, length):
    """An index of this length."""
    kind = draw(st.sampled_from(["range", "dates", "multi", "column"]))
    name = draw(st.none() | TEXTS | st.tuples(TEXTS, st.integers()))
    if kind == "range":
        start, step = draw(st.integers(-9, 9)), draw(st.sampled_from([-2, 1, 3]))
        return pd.RangeIndex(start, start + step * length, step, name=name)
    if kind == "dates":
        freq = draw(st.sampled_from(["D", "ME", "2h", "W-SUN", "BQE-NOV", "-1min", "B"]))
        return pd.date_range("2024-01-01", periods=length, freq=freq, tz=draw(ZONES), name=name)
    if kind == "multi":
        sides = st.lists(st.sampled_from(["x", "y", None]), min_size=length, max_size=length)
        tuples = [draw(sides), draw(hnp.arrays("i4", length)), draw(sides)]
        return pd.MultiIndex.from_arrays(tuples, names=[name, None, name])
    values = draw(columns(length).filter(lambda c: c.dtype.type is not np.float16))
    if isinstance(values.dtype, np.dtype):
        values = values.astype(values.dtype.newbyteorder("="))
    return pd.Index(values.array, dtype=values.dtype, name=name, tupleize_cols=False)


@st.composite
def tables(draw):
    """A frame with any columns, labels (also twice the same) and index."""
    rows, width = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    index = draw(labels(rows))
    data = {i: draw(columns(rows)).set_axis(index) for i in range(width)}
    table = pd.DataFrame(data, index=index)
    table.columns = draw(labels(width))
    return table


# --- what crosses ----------------------------------------------------------------------------


@MODEST
@given(VALUES)
def test_plain_values_come_back_exactly(value):
    """Type, bits and order of every plain Python and NumPy value survive."""
    assert same(value, there_and_back(value))


@MODEST
@given(tables())
def test_frames_come_back_exactly(table):
    """Columns of every dtype, labels and indexes of every kind survive."""
    assert same(table, there_and_back(table))


@MODEST
@given(st.integers(0, 4).flatmap(lambda n: st.tuples(columns(n), labels(n), TEXTS)))
def test_series_and_indexes_come_back_exactly(drawn):
    """A Series and an Index survive on their own too, and inside a dict."""
    values, index, name = drawn
    series = values.set_axis(index).rename(name)
    assert same({"s": [series], "i": (index,)}, there_and_back({"s": [series], "i": (index,)}))


SHARED = [1, [2]]
STRUCTURED = np.array(
    [(1, "é", [[1.5, 2], [3, 4]], (True, b"x"))] * 3,
    [("a", ">i2"), ("b", "<U2"), ("c", "f8", (2, 2)), ("d", [("e", "?"), ("f", "S3")])],
)
SAMPLES = {
    "scalars": [None, True, False, 0, -1, 1.5, -0.0, "", "é\0", b"", b"\xff", ...],
    "signed zero": complex(-0.0, math.nan),
    "nan, inf": [math.nan, -math.nan, math.inf, -math.inf],
    "large ints": [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**5000, -(10**5000), 255, 128],
    "lone surrogates": ["\ud800", "\udc00", "\ud83d\ude00", "😀"],
    "bytearray": bytearray(b"abc"),
    "nested": {"a": [1, (2, {3: frozenset({4})})], (1, ("x",)): {5, 6}},
    "nan keys": {math.nan: 1, (math.nan, 2): 2},
    "twice": [SHARED, SHARED],
    "slice": [slice(None), slice(1, "a", (2,)), range(5, -5, -2), range(2**70, 2**70 + 5)],
    "fold": datetime.datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
    "zones": [datetime.datetime(2024, 7, 1, tzinfo=z) for z in (datetime.UTC, SEOUL)],
    "time": datetime.time(1, 2, 3, 4, datetime.timezone(datetime.timedelta(hours=1), "X"), fold=1),
    "decimals": [
        decimal.Decimal(x) for x in ("1.50", "-0", "1E+5", "0E-10", "sNaN12", "-Infinity")
    ],
    "no dimension": np.array(3.5),
    "object without dimension": np.array({"a": 1}, dtype=object),
    "not contiguous": np.arange(24).reshape(2, 3, 4)[:, ::-2, 1:3],
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "big-endian": np.arange(3, dtype=">f8"),
    "no elements": [np.empty((0, 3)), np.empty((4, 0), "<M8[ns]"), np.empty((0,), "<U7")],
    "structured": [STRUCTURED, STRUCTURED[0], STRUCTURED[["a", "d"]]],
    "titles": np.zeros(2, [(("Title", "a"), "i4")]),
    "read-only": np.broadcast_to(np.float32(2), (3, 2)),
    "dates": np.array(["2024-01-01", "NaT"], "M8[25s]"),
    "generic": np.array([1, 2], "m8"),
    "NumPy scalars": [np.float64(1), np.bool_(True), np.str_("a\0"), np.bytes_(b"a\0"), np.int8(3)],
    "NumPy times": [np.datetime64("NaT"), np.datetime64("2024", "Y"), np.timedelta64(3, "m")],
    "void": np.void(b"a\0"),
    "wide": [np.longdouble("0.1"), np.array([1 + 2j], "c16"), np.array([1.5], "f2")],
    "StringDType": np.array(["a", "é", ""], np.dtypes.StringDType()),
    "object strings": np.array([["a", "b"], ["", "日本"]], dtype=object),
    "object surrogates": np.array(["\ud800", "b"], dtype=object),
    "object of arrays": pd.Series([np.arange(3), [1], {"a": pd.NA}, pd.Timestamp("2024")]),
    "NaT and NA": [pd.NaT, pd.NA, {pd.NA: pd.NaT}],
    "far timestamp": [
        pd.Timestamp("9999-12-31 23:59:59"),
        pd.Timestamp(np.datetime64(1 << 45, "s")),
    ],
    "fold of a timestamp": pd.Timestamp("2024-11-03 05:30", tz="UTC").tz_convert(NEW_YORK),
    "timestamps": [
        pd.Timestamp("2024", tz="UTC"),
        pd.Timestamp(1, unit="ns"),
        pd.Timedelta(1, "s"),
    ],
    "period": pd.Period("2024", "2Q-NOV"),
    "intervals": [pd.Interval(1, 2.5, "both"), pd.Interval(pd.Timestamp(0), pd.Timestamp(1))],
    "no columns": pd.DataFrame(index=pd.RangeIndex(5)),
    "no rows": pd.DataFrame({"a": pd.Series(dtype="Int8"), "b": pd.Series(dtype="str")}),
    "nothing": pd.DataFrame(),
    "labels twice": pd.DataFrame([[1, "a"], [2, "b"]], columns=["x", "x"]),
    "odd labels": pd.DataFrame([[1, 2, 3]], columns=[None, (1, 2), 1.5]),
    "two levels of columns": pd.DataFrame(
        np.eye(2), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["u", None])
    ),
    "unused levels": pd.MultiIndex.from_product([[1, 2, 3], ["x", None]], names=["n", "n"])[:2],
    "level of a range": pd.MultiIndex.from_product([range(9000), ["a"]])[5:8],
    "categories of intervals": pd.Series(pd.cut([1, 5, 9], [0, 3, 6, 10])),
    "categories of a range": pd.Series(pd.Categorical([1, 2, None], categories=range(5))),
    "CategoricalIndex": pd.CategoricalIndex(["b", "a", "b"], ["b", "a"], ordered=True, name="c"),
    "zoned interval": pd.Index(pd.interval_range(pd.Timestamp("2024", tz=SEOUL), periods=3)),
    "index of tuples": pd.Index([(1, 2), (3, 4)], tupleize_cols=False),
    "strings as objects": pd.DataFrame({"a": pd.Series(["a", "b"], dtype=object)}),
    "PeriodIndex": pd.period_range("2024", periods=3, freq="W-TUE", name="p"),
    "TimedeltaIndex": pd.timedelta_range("1h", periods=3, freq="90min"),
    "sliced strings": pd.Series(["a", None, "ccc", "dd"] * 3, dtype="str").iloc[3:9],
    "big-endian column": pd.Series(np.arange(3, dtype=">i4")),
    "half": pd.Series([1.5, None], dtype="float16"),
    "nan is not NA": pd.Series(
        pd.arrays.FloatingArray(np.array([np.nan, 1]), np.array([False, True]))
    ),
    "chunks": pd.Series(
        pd.arrays.ArrowExtensionArray(
            pa.chunked_array([["a", None], ["ccc"]], pa.string()).slice(1)
        )
    ),
    "tensors": [
        torch.arange(6).reshape(2, 3).t(),
        torch.tensor(1.5),
        torch.tensor([True, False]),
        torch.tensor([1.5, math.nan], dtype=torch.bfloat16),
        torch.empty((0, 3), dtype=torch.int16),
        torch.ones(2, requires_grad=True),
        torch.empty((2, 0), requires_grad=True),
        torch.tensor([1 + 2j]).conj(),
        torch.arange(9)[::4],
    ],
    "float8": [torch.ones(3).to(getattr(torch, n)) for n in arrays._TENSORS if "float8" in n],
    "unsigned": [torch.ones(3, dtype=t) for t in (torch.uint16, torch.uint32, torch.uint64)],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_corners_come_back_exactly(name):
    """Each corner that an honest answer may touch survives."""
    assert same(SAMPLES[name], there_and_back(SAMPLES[name]))


@pytest.mark.parametrize("name", SAMPLES)
def test_messages_are_deterministic(name):
    """What came back encodes to the same bytes as what was sent."""
    assert message(SAMPLES[name]) == message(there_and_back(SAMPLES[name]))


@MODEST
@given(ARRAYS)
def test_arrays_own_writeable_memory(array):
    """A decoded array shares no memory with the message, and may be written to."""
    back = there_and_back(array)
    assert back.flags.writeable
    if back.dtype.kind not in "O":
        assert back.flags.owndata


def test_tensors_and_columns_do_not_share_the_message():
    """Overwriting the message after decoding changes nothing in the value."""
    value = [torch.ones(4), pd.Series(["a", "b"], dtype="str"), np.ones(3), bytearray(b"abc")]
    data = bytearray(message(value))
    back = wire.decode(data)
    data[:] = bytes(len(data))
    assert same(value, back)
    back[0].add_(1)


def test_a_frame_in_deep_lists_comes_back():
    """Nesting is counted the same way at both ends."""
    value = pd.DataFrame(
        {"c": pd.cut([1, 2], 2)}, index=pd.MultiIndex.from_product([[1], ["a", "b"]])
    )
    for _ in range(MAX_DEPTH):
        value = [value]
    back = there_and_back(value)
    for _ in range(MAX_DEPTH):
        value, back = value[0], back[0]
    assert same(value, back)


def test_large_arrays_are_not_copied_on_encoding():
    """A contiguous array goes out from where it lies."""
    array = np.zeros(1 << 20)
    assert any(np.shares_memory(np.frombuffer(p, np.uint8), array) for p in wire.encode(array)[1:])


def test_freq_outside_the_list_is_dropped():
    """An offset without a safe spelling loses its freq, and the dates stay."""
    index = pd.date_range(
        "2024-01-01", periods=4, freq=pd.offsets.CustomBusinessDay(weekmask="Mon")
    )
    back = there_and_back(index)
    assert back.freq is None
    pd.testing.assert_index_equal(index, back, check_freq=False)


def test_hidden_neighbours_stay_at_home():
    """A slice, a mask and a choice of fields do not take along what they do not show."""
    secret = "TOPSECRET"
    text = pd.Series(["a", secret, "c"] * 5, dtype="str").iloc[[0, 2]]
    head = pd.Series(["a", "b", secret], dtype="str").iloc[:2]
    arrow = pd.Series(["a", secret], dtype=pd.ArrowDtype(pa.string())).iloc[:1]
    masked = pd.Series(pd.arrays.IntegerArray(np.array([7, 0x5345]), np.array([False, True])))
    fields = np.zeros(2, [("a", "i4"), ("b", "S9")])
    fields["b"] = secret.encode()
    strided = np.array([1, 0x5345, 2, 0x5345])[::2]
    for value in (text, head, arrow, masked, fields[["a"]], strided):
        raw = message(value)
        assert secret.encode() not in raw
        assert struct.pack("<q", 0x5345) not in raw


# --- what stays ------------------------------------------------------------------------------


class Loud:
    """An object that must not be looked at."""

    def __eq__(self, other):
        raise AssertionError("compared")

    __hash__ = object.__hash__


class MyFrame(pd.DataFrame):
    """A subclass: not plain."""


def zone_from_file(key):
    """A zone without transitions, read from bytes as from a file of the candidate's own."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    data = b"TZif" + bytes(16) + counts + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(data), key=key)


Point = namedtuple("Point", "x y")
NOT_PLAIN = {
    "object": Loud(),
    "function": len,
    "subclass of int": type("I", (int,), {})(3),
    "subclass of str": type("S", (str,), {})("a"),
    "Counter": Counter("aab"),
    "OrderedDict": OrderedDict(a=1),
    "namedtuple": Point(1, 2),
    "memoryview": memoryview(b"a"),
    "frame subclass": MyFrame({"a": [1]}),
    "masked array": np.ma.array([1, 2], mask=[0, 1]),
    "record array": np.zeros(2, [("a", "i4")]).view(np.recarray),
    "record dtype": np.zeros(2, np.dtype((np.record, [("a", "i4")]))),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 1])),
    "sparse column": pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
    "object column": pd.DataFrame({"a": [1, Loud()]}),
    "object array": np.array([1, Loud()], dtype=object),
    "set": {1, Loud()},
    "key": {Loud(): 1},
    "key in a tuple": {b"x": b"y", (1, Loud()): 1},
    "Parameter": torch.nn.Parameter(torch.ones(2)),
    "sparse tensor": torch.eye(2).to_sparse(),
    "meta tensor": torch.empty(2, device="meta"),
    "tzinfo": datetime.datetime(2024, 1, 1, tzinfo=type("Z", (datetime.tzinfo,), {})()),
    "zone without a name": datetime.datetime(2024, 1, 1, tzinfo=zone_from_file(None)),
    "zone of another name": datetime.datetime(2024, 1, 1, tzinfo=zone_from_file("../UTC")),
    "Arrow dictionary": pd.Series(
        ["a"], dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))
    ),
    "Arrow null": pd.Series([None], dtype=pd.ArrowDtype(pa.null())),
    "no width": np.zeros(3, np.dtype([])),
    "overlapping fields": np.zeros(
        2, np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 0]})
    ),
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_other_objects_do_not_cross(name):
    """Without `refer` they raise; with it, the whole of them is referred."""
    value = NOT_PLAIN[name]
    with pytest.raises(NotPlain):
        wire.encode(value)
    handle = Handle(1, "object", "X", False)
    seen = []
    data = message({"a": value}, refer=lambda v: seen.append(v) or handle)
    assert [v is value for v in seen] == [True]
    assert wire.decode(data) == {"a": handle}


def test_the_reason_names_the_class_and_the_path():
    """Where the object lies is said as one would write it."""
    with pytest.raises(NotPlain, match=r"value\['a'\]\[1\]\[2\]: .*Counter cannot cross"):
        wire.encode({"a": [0, (1, 2, Counter())]})
    with pytest.raises(NotPlain, match=r"value\[0\]\.iloc\[:, 1\]\[1\]: .*Loud"):
        wire.encode([pd.DataFrame({"a": [1, 2], "b": [1, Loud()]})])


def test_handles_stand_in_lists_tuples_and_dict_values():
    """An element becomes a handle in place; `resolve` maps it at the far end."""
    things = [Loud(), Loud()]
    data = message(
        [1, (things[0], b"x"), {"k": things[1], "l": np.arange(3)}],
        refer=lambda v: Handle([t is v for t in things].index(True), "function", "f", True),
    )
    one, (first, raw), last = wire.decode(data, resolve=lambda h: things[h.id])
    assert one == 1
    assert first is things[0]
    assert raw == b"x"
    assert last["k"] is things[1]
    assert last["l"].tolist() == [0, 1, 2]


def test_what_refer_and_resolve_raise_passes_through():
    """Their errors are their callers' own."""

    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wire.encode([Loud()], refer=fail)
    data = message(Loud(), refer=lambda v: Handle(1, "object", "Loud", False))
    with pytest.raises(ZeroDivisionError):
        wire.decode(data, resolve=fail)

    def refuse(value):
        raise NotPlain(f"never {type(value).__name__}")

    with pytest.raises(NotPlain, match=r"value\[0\]: never Loud"):
        wire.encode([Loud()], refer=refuse)


@pytest.mark.parametrize(
    "fields",
    [
        (-1, "object", "x", False),
        (1 << 63, "object", "x", False),
        (True, "object", "x", False),
        (1, "thing", "x", False),
        (1, "object", "x" * 201, False),
        (1, "object", "a\nb", False),
        (1, "object", "\x1b[2J", False),
        (1, "object", "\u202e", False),
        (1, "object", "x", 1),
    ],
)
def test_handles_are_checked(fields):
    """A handle out of bounds can be neither made nor received."""
    with pytest.raises(ValueError, match="handle"):
        Handle(*fields)
    with pytest.raises(Malformed):
        wire.decode(forge(["h", *fields]), resolve=lambda h: pytest.fail("resolved"))


def endless():
    """Containers that have no end, or too many parts."""
    cycle = []
    cycle.append(cycle)
    yield cycle
    loop = {}
    loop["a"] = (1, loop)
    yield loop
    array = np.empty(1, object)
    array[0] = array
    yield array
    deep = ()
    for _ in range(100_000):
        deep = (deep,)
    yield deep
    wide = [1]
    for _ in range(50):
        wide = [wide, wide]
    yield wide


@pytest.mark.parametrize("refer", [None, lambda v: Handle(1, "object", "x", False)])
def test_endless_containers_are_refused(refer):
    """Cycles, great depth and doubling raise NotPlain within moments, with `refer` too."""
    for value in endless():
        with pytest.raises(NotPlain, match=r"deep|containers"):
            wire.encode(value, refer=refer)


def test_torch_is_not_imported_until_a_tensor_arrives():
    """Importing wire and exchanging other values leaves torch alone."""
    code = (
        "import sys; from autograde import wire; import pandas as pd\n"
        "wire.decode(b''.join(wire.encode([1, pd.DataFrame({'a': ['x']})])))\n"
        "try: wire.encode(object())\n"
        "except wire.NotPlain: pass\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# --- hostile bytes ---------------------------------------------------------------------------

I64 = np.arange(3, dtype="i8").tobytes()
RANGE = ["xr", 0, 3, 1, None]
ARRAY = ["a", "<i8", "C", 3]
OFFSETS = np.array([0, 1, 2, 3]).tobytes()


def strings(*offsets, data=b"abc", length=3):
    """A string column with forged buffers."""
    node = ["ps", "pyarrow", "nan", [length, [False, True, True]]]
    return forge(node, np.array(offsets).tobytes(), data)


HOSTILE = {
    "nothing": b"",
    "magic": b"AGW0" + forge(1)[4:],
    "short prelude": forge(1)[:11],
    "header beyond the data": PRELUDE.pack(b"AGW1", 1 << 31, 0),
    "blobs beyond the data": PRELUDE.pack(b"AGW1", 1, 1 << 31) + b"1",
    "blob of 2**63": PRELUDE.pack(b"AGW1", 9, 1) + struct.pack("<Q", 1 << 63) + b'["b"]    ',
    "blob lengths that wrap": PRELUDE.pack(b"AGW1", 10, 2)
    + struct.pack("<QQ", (1 << 64) - 1, 1)
    + b'["l",["b"]]'[:10],
    "byte too many": forge(1) + b"x",
    "not JSON": forge(b"{"),
    "empty header": forge(b""),
    "not UTF-8": forge(b'"\xff"'),
    "object": forge(b'["l",{"a":1}]'),
    "NaN": forge(b'["l",NaN]'),
    "Infinity": forge(b"-Infinity"),
    "long int": forge(b"1" * 1_000_000),
    "deep": forge(b"[" * 100_000 + b"]" * 100_000),
    "deep, unclosed": forge(b"[" * 1_000_000),
    "deep objects": forge(b'{"a":' * 100_000),
    "deep lists": forge(b'["l",' * 5000 + b"1" + b"]" * 5000),
    "deep behind a string": forge(b'["l","\\"[",' + b'["l",' * 5000 + b"1" + b"]" * 5001),
    "a little deep": forge(b'["l",' * 90 + b"1" + b"]" * 90),
    "many containers": forge(b'["l",' + b'["l"],' * 2_000_001 + b"1]"),
    "large header": forge(b'"' + b"x" * (wire.MAX_HEADER + 1) + b'"'),
    "no tag": forge([]),
    "tag of another type": forge([1]),
    "tag of a list": forge([["l"]]),
    "unknown tag": forge(["zz"]),
    "private tag": forge(["__class__"]),
    "too few arguments": forge(["n"]),
    "too many arguments": forge(["e", 1]),
    "blob not used": forge(1, b"abcd"),
    "blob not used, long header": forge(["l", "x" * 50], b"abcd"),
    "blob used twice": forge(["l", ["b"], ["b"]], b"a"),
    "unhashable key": forge(["d", ["l"], 1]),
    "unhashable element": forge(["s", ["d"]]),
    "unhashable array": forge(["s", ARRAY], I64),
    "same key twice": forge(["d", 1, 2, 1.0, 3]),
    "same element twice": forge(["s", "a", "a"]),
    "key without value": forge(["d", 1]),
    "handle as a key": forge(["d", ["h", 1, "object", "x", False], 1]),
    "handle in a set": forge(["s", ["h", 1, "object", "x", False]]),
    "handle in an object array": forge(["o", [1], ["h", 1, "object", "x", False]]),
    "handle as a name": forge(["xr", 0, 3, 1, ["h", 1, "object", "x", False]]),
    "range of floats": forge(["r", 1.0, 2, 3]),
    "range of bools": forge(["r", True, 2, 3]),
    "range of step 0": forge(["r", 1, 2, 0]),
    "float of another width": forge(["f", "00"]),
    "float of a number": forge(["f", 1]),
    "decimal": forge(["de", "1_0"]),
    "decimal spelling": forge(["de", "+1"]),
    "decimal exponent": forge(["de", "1E+99999999999999999999"]),
    "decimal digits": forge(["de", "\u0661"]),
    "date": forge(["da", 2024, 2, 30]),
    "date of a bool": forge(["da", 2024, True, 1]),
    "date of a float": forge(["da", 2024, 1.0, 1]),
    "time of a long int": forge(["da", 10**30, 1, 1]),
    "zone outside": forge(["dt", 2024, 1, 1, 0, 0, 0, 0, 0, "../../etc/passwd"]),
    "zone absolute": forge(["dt", 2024, 1, 1, 0, 0, 0, 0, 0, "/etc/localtime"]),
    "zone of 99 hours": forge(["dt", 2024, 1, 1, 0, 0, 0, 0, 0, [99, 0, 0]]),
    "zone with two names": forge(["dt", 2024, 1, 1, 0, 0, 0, 0, 0, [0, 0, 0, "a", "b"]]),
    "fold": forge(["dt", 2024, 1, 1, 0, 0, 0, 0, 2, None]),
    # arrays
    "object dtype": forge(["a", "|O", "C", 1], b"\0" * 8),
    "object dtype by name": forge(["a", "object", "C", 1], b"\0" * 8),
    "dtype expression": forge(["a", "i4,i4", "C", 1], b"\0" * 8),
    "dtype by type": forge(["a", "<O8", "C", 1], b"\0" * 8),
    "dtype of a number": forge(["a", 8, "C", 1], b"\0" * 8),
    "dtype of an object field": forge(["a", ["r", 8, ["x", "|O", 0]], "C", 1], b"\0" * 8),
    "dtype with a newline": forge(["a", "<i8\n", "C", 1], b"\0" * 8),
    "unit": forge(["a", "<M8[parsec]", "C", 1], b"\0" * 8),
    "order": forge(["a", "<i8", "K", 1], b"\0" * 8),
    "shape too large": forge(["a", "<i8", "C", 4], I64),
    "shape too small": forge(["a", "<i8", "C", 2], I64),
    "shape of 2**60": forge(["a", "<i8", "C", 1 << 60], I64),
    "shape that wraps": forge(["a", "<i8", "C", 1 << 32, 1 << 32], b""),
    "shape that wraps to the bytes": forge(["a", "|i1", "C", (1 << 64) + 8], b"\0" * 8),
    "negative dimension": forge(["a", "<i8", "C", -3], I64),
    "two negative dimensions": forge(["a", "<i8", "C", -3, -1], I64),
    "dimension of a bool": forge(["a", "|i1", "C", True], b"\0"),
    "dimension of a float": forge(["a", "<i8", "C", 3.0], I64),
    "too many dimensions": forge(["a", "|i1", "C", *[1] * 65], b"\0"),
    "empty of 2**60": forge(["a", "<i8", "C", 0, 1 << 60], b""),
    "no width": forge(["a", "|S0", "C", 1 << 60], b""),
    "void without width": forge(["a", "|V0", "C", 1 << 60], b""),
    "structure without width": forge(["a", ["r", 0], "C", 1 << 60], b""),
    "width of 10**9": forge(["a", "|S900000000", "C", 0], b""),
    "field of 2**40": forge(["a", ["s", "<i8", 1 << 20, 1 << 20], "C", 0], b""),
    "fields overlap": forge(
        ["a", ["r", 1, *[[str(i), "|b1", 0] for i in range(999)]], "C", 1], b"\0"
    ),
    "field outside": forge(["a", ["r", 4, ["a", "<i4", 2]], "C", 1], b"\0" * 4),
    "field name twice": forge(["a", ["r", 8, ["a", "<i4", 0], ["a", "<i4", 4]], "C", 1], b"\0" * 8),
    "dtype nested": forge(
        ["a", json.loads('["s",' * 40 + '"<i8"' + ",1]" * 40), "C", 1], b"\0" * 8
    ),
    "bool of 2": forge(["a", "|b1", "C", 1], b"\2"),
    "bool of 2 in a field": forge(["a", ["r", 1, ["x", "|b1", 0]], "C", 1], b"\2"),
    "character beyond Unicode": forge(["a", "<U1", "C", 1], b"\xff" * 4),
    "big-endian character": forge(["a", ">U1", "C", 1], b"\0\x11\0\0"),
    "object shape": forge(["o", [2], 1]),
    "object shape of 2**60": forge(["o", [1 << 60, 0]]),
    "scalar of an array": forge(["n", ARRAY], I64),
    "scalar of an object": forge(["n", ["o", [], 1]]),
    "StringDType of a list": forge(["at", ["l", "a"]]),
    # Arrow
    "offsets backwards": strings(0, 2, 1, 3),
    "offsets negative": strings(-1, 1, 2, 3),
    "offsets outside": strings(0, 1, 2, 4),
    "offsets far outside": strings(0, 1, 2, 1 << 62),
    "offsets too few": strings(0, 1, 2),
    "cut UTF-8": strings(0, 1, 2, 3, data="aé".encode()),
    "surrogate": strings(0, 0, 0, 3, data=b"\xed\xa0\x80"),
    "strings of 2**60": strings(0, 1, 2, 3, length=1 << 60),
    "strings of -1": strings(0, 1, 2, 3, length=-1),
    "no offsets": forge(["ps", "pyarrow", "nan", [3, [False, False, False]]]),
    "validity too short": forge(["ps", "python", "NA", [9, [True] * 3]], b"", OFFSETS * 3, b""),
    "storage": forge(["ps", "pickle", "nan", [3, [False, True, True]]], OFFSETS, b"abc"),
    "null among strings": forge(["os", [3], [3, [True] * 3]], b"\0", OFFSETS, b"abc"),
    "Arrow type": forge(["pa", "extension<x>", [3, [False, True]]], I64),
    "Arrow null": forge(["pa", "null", [1 << 60, [False]]]),
    "Arrow dictionary": forge(["pa", ["dictionary", "int8"], [3, [False, True]]], I64),
    "Arrow struct of nothing": forge(["pa", ["struct"], [1 << 60, [False]]]),
    "Arrow nested": forge(
        ["pa", json.loads('["list",["x",true,' * 40 + '"int8"' + "]]" * 40), [0, [False, False]]]
    ),
    "Arrow decimal": forge(["pa", ["decimal128", 99, 2], [1, [False, True]]], b"\xff" * 16),
    "Arrow precision": forge(["pa", ["decimal128", 2, 0], [1, [False, True]]], b"\x7f" * 16),
    "Arrow zone": forge(["pa", ["timestamp", "s", "../x"], [3, [False, True]]], I64),
    "Arrow list outside": forge(
        ["pa", ["list", ["item", True, "int8"]], [1, [False, True], [0, [False, True]]]],
        struct.pack("<ii", 0, 1 << 30),
        b"",
    ),
    "Arrow garbage": forge(["pa", "int64", b"ARROW1".hex()]),
    # pandas
    "code out of range": forge(["pc", False, ARRAY, ["x", None, None, ["o", [2], "a", "b"]]], I64),
    "code below -1": forge(
        ["pc", False, ["a", "|i1", "C", 1], ["x", None, None, ["o", [2], "a", "b"]]], b"\xfe"
    ),
    "categories twice": forge(
        ["pc", False, ["a", "|i1", "C", 1], ["x", None, None, ["o", [2], "a", "a"]]], b"\0"
    ),
    "categories of a range": forge(["pc", False, ["a", "|i1", "C", 1], RANGE], b"\0"),
    "ordered of an int": forge(
        ["pc", 1, ["a", "|i1", "C", 1], ["x", None, None, ["o", [1], "a"]]], b"\0"
    ),
    "range of 2**60": forge(["r", 0, 1 << 60, 1]),
    "RangeIndex of 2**60": forge(["xr", 0, 1 << 60, 1, None]),
    "level of a range of 2**60": forge(
        ["xm", [None], [["a", "|i1", "C", 1]], ["xr", 0, 1 << 60, 1, None]], b"\0"
    ),
    "level code out of range": forge(
        ["xm", [None], [["a", "|i1", "C", 1]], ["x", None, None, ["o", [1], "a"]]], b"\5"
    ),
    "level code below -1": forge(
        ["xm", [None], [["a", "|i1", "C", 1]], ["x", None, None, ["o", [1], "a"]]], b"\x80"
    ),
    "level codes of two lengths": forge(
        ["xm", [None, None], [["a", "|i1", "C", 1], ["a", "|i1", "C", 2]]]
        + [["x", None, None, ["o", [1], "a"]]] * 2,
        *(b"\0", b"\0\0"),
    ),
    "no levels": forge(["xm", [], []]),
    "index name": forge(["xr", 0, 3, 1, ["l", 1]]),
    "range index of a float": forge(["xr", 0, 3.0, 1, None]),
    "range index of step 0": forge(["xr", 0, 3, 0, None]),
    "index of two dimensions": forge(["x", None, None, ["a", "<i8", "C", 3, 1]], I64),
    "index of days": forge(["x", None, None, ["a", "<M8[D]", "C", 3]], I64),
    "index of bytes": forge(["x", None, None, ["a", "|S8", "C", 3]], I64),
    "index of halves": forge(["x", None, None, ["a", "<f2", "C", 3]], I64[:6]),
    "freq of numbers": forge(["x", None, "D", ARRAY], I64),
    "freq wrong": forge(["x", None, "ME", ["a", "<M8[ns]", "C", 3]], I64),
    "freq expression": forge(["x", None, "__import__", ["a", "<M8[ns]", "C", 3]], I64),
    "freq of another class": forge(["x", None, "C", ["a", "<M8[ns]", "C", 1]], bytes(8)),
    "period freq": forge(["pp", "0D", ARRAY], I64),
    "period width": forge(["pp", "D", ["a", "<i4", "C", 1]], b"\0" * 4),
    "interval backwards": forge(
        ["pi", "left", ["a", "<i8", "C", 1], ["a", "<i8", "C", 1]], b"\1" + b"\0" * 7, b"\0" * 8
    ),
    "interval closed": forge(["pi", "open", ARRAY, ARRAY], I64, I64),
    "interval of two dtypes": forge(
        ["pi", "left", ["a", "<i8", "C", 1], ["a", "<f8", "C", 1]], b"\0" * 8, b"\0" * 8
    ),
    "mask length": forge(["pm", "Int64", ARRAY, ["a", "|b1", "C", 1]], I64, b"\0"),
    "mask of ints": forge(["pm", "Int64", ARRAY, ["a", "|i1", "C", 3]], I64, b"\0" * 3),
    "masked dtype": forge(["pm", "Int8", ARRAY, ["a", "|b1", "C", 3]], I64, b"\0" * 3),
    "masked name": forge(["pm", "Sparse", ARRAY, ["a", "|b1", "C", 3]], I64, b"\0" * 3),
    "series of another length": forge(["ds", None, ["xr", 0, 1 << 60, 1, None], ARRAY], I64),
    "series of a list": forge(["ds", None, RANGE, ["l", 1, 2, 3]]),
    "series on a list": forge(["ds", None, ["l", 1, 2, 3], ARRAY], I64),
    "series name": forge(["ds", ["l"], RANGE, ARRAY], I64),
    "series of a frame": forge(["ds", None, RANGE, ["df", RANGE, ["xr", 0, 0, 1, None]]]),
    "frame columns": forge(["df", RANGE, ["xr", 0, 2, 1, None], ARRAY], I64),
    "frame of 2**60 columns": forge(["df", RANGE, ["xr", 0, 1 << 60, 1, None], ARRAY], I64),
    "zoned without a zone": forge(["pz", None, ["a", "<M8[ns]", "C", 3]], I64),
    "zoned ints": forge(["pz", "UTC", ARRAY], I64),
    "timestamp unit": forge(["pts", 1, "D", None]),
    "timestamp of 10**20": forge(["pts", 10**20, "s", None]),
    "timestamp of a float": forge(["pts", 1.5, "s", None]),
    "interval of text": forge(["piv", 2, 1, "left"]),
    "interval of None": forge(["piv", None, 1, "left"]),
    # tensors
    "tensor dtype": forge(["T", "load", False, 1], b"\0"),
    "tensor dtype by another name": forge(["T", "half", False, 1], b"\0\0"),
    "tensor dtype of a private name": forge(["T", "__dict__", False, 1], b"\0"),
    "tensor shape": forge(["T", "int64", False, 1 << 60], b"\0" * 8),
    "tensor shape negative": forge(["T", "int64", False, -1], b"\0" * 8),
    "tensor empty of 2**60": forge(["T", "int64", False, 0, 1 << 60], b""),
    "tensor bool": forge(["T", "bool", False, 1], b"\2"),
    "tensor grad of ints": forge(["T", "int64", True, 1], b"\0" * 8),
    "tensor grad of an int": forge(["T", "float32", 1, 1], b"\0" * 4),
}


def bounded(data):
    """Decode hostile bytes: a value or Malformed, quickly, within memory of the bytes' order."""
    tracemalloc.start()
    begun = time.perf_counter()
    try:
        wire.decode(data, resolve=lambda h: h)
        return True
    except Malformed:
        return False
    finally:
        seconds = time.perf_counter() - begun
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 40 * len(data) + 3_000_000, f"{peak} bytes for {len(data)}"
        assert seconds < 20, seconds


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """Import and cache before memory is measured what the first use of each type imports."""
    for value in SAMPLES.values():
        there_and_back(value)


@pytest.mark.parametrize("name", HOSTILE)
def test_forged_messages_are_refused(name):
    """Each forged message raises Malformed, and nothing of the size it claims is made."""
    assert not bounded(HOSTILE[name])


def test_forging_is_sound():
    """The helpers of this section build what decodes when nothing is wrong with it."""
    assert wire.decode(forge(ARRAY, I64)).tolist() == [0, 1, 2]
    assert wire.decode(strings(0, 1, 2, 3)).tolist() == ["a", "b", "c"]
    column = ["pc", False, ["a", "|i1", "C", 1], ["x", None, None, ["o", [1], "a"]]]
    assert wire.decode(forge(column, b"\0")).tolist() == ["a"]
    nested = forge(b'["l",' * 60 + b"1" + b"]" * 60)
    assert str(wire.decode(nested)) == "[" * 60 + "1" + "]" * 60
    table = wire.decode(forge(["df", RANGE, ["xr", 0, 1, 1, None], ARRAY], I64))
    assert table[0].tolist() == [0, 1, 2]
    header, blobs = parts_of(message(SAMPLES["structured"]))
    assert same(wire.decode(forge(header, *blobs)), SAMPLES["structured"])


@pytest.mark.parametrize("cut", [-1, 1])
def test_wrong_counts_in_valid_messages_are_refused(cut):
    """A blob more or less than the header uses makes any valid message malformed."""
    for value in SAMPLES.values():
        header, blobs = parts_of(message(value))
        if blobs:
            with pytest.raises(Malformed):
                wire.decode(forge(header, *(blobs[:cut] if cut < 0 else [*blobs, b"x"])))


@pytest.mark.parametrize("tag", ["s", "d"])
def test_colliding_hashes_are_refused(tag):
    """Thousands of ints with one hash raise before they are put into a table."""
    keys = [((1 << 61) - 1) * i for i in range(1 << 14)]
    big = [k.to_bytes(10, "little") for k in keys]
    nodes = [x for _ in keys for x in ([["i"]] if tag == "s" else [["i"], 1])]
    begun = time.process_time()
    with pytest.raises(Malformed, match="same hash"):
        wire.decode(forge([tag, *nodes], *big))
    assert time.process_time() - begun < 2


def test_high_recursion_limit_does_not_reach_the_parser():
    """Deep JSON is refused before the C parser recurses, whatever the recursion limit."""
    code = (
        "import sys, struct; from autograde import wire; sys.setrecursionlimit(10**8)\n"
        "h = b'[' * 5_000_000\n"
        "try: wire.decode(struct.pack('<4sII', b'AGW1', len(h), 0) + h)\n"
        "except wire.Malformed: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "refused\n", done.stderr


@pytest.mark.parametrize("kind", [range, pd.RangeIndex])
def test_a_range_too_long_to_write_out_stays_behind(kind):
    """A check that sums or lists it would never end, so it is no plain value."""
    wire.decode(b"".join(bytes(part) for part in wire.encode(kind(10_000_000))))
    with pytest.raises(NotPlain):
        wire.encode(kind(10_000_001))


FUZZ = settings(MODEST, max_examples=250)


@FUZZ
@given(st.binary(max_size=200))
def test_random_bytes(data):
    """Random bytes, bare or behind a valid prelude, decode or raise Malformed."""
    bounded(data)
    bounded(PRELUDE.pack(b"AGW1", len(data), 0) + data)


VALID = [message(v) for v in SAMPLES.values() if len(message(v)) < 20_000]


@FUZZ
@given(st.data())
def test_mutated_bytes(data):
    """Valid messages flipped, cut, spliced or doubled decode or raise Malformed."""
    raw = bytearray(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        end = data.draw(st.integers(at, min(len(raw), at + 40)))
        match data.draw(st.sampled_from(["flip", "cut", "splice", "double", "set"])):
            case "flip" if raw:
                raw[at] ^= 1 << data.draw(st.integers(0, 7))
            case "set" if raw:
                raw[at] = data.draw(st.sampled_from(b'\x00\xff\x7f\x80[],"0-9'))
            case "cut":
                del raw[at:end]
            case "splice":
                other = data.draw(st.sampled_from(VALID))
                raw[at:end] = other[at : at + 40]
            case "double":
                raw[at:at] = raw[at:end]
    bounded(bytes(raw))


JUNK = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 2, 255, 1 << 31, 1 << 60, -(1 << 63), 1.5, 10**40]
    ),
    st.sampled_from(["", "a", "C", "F", "<i8", "|b1", "<U1", "|V1", "<M8[ns]", "UTC", "D", "left"]),
    st.sampled_from([*WHOLE_TAGS, *OPEN_TAGS]),
    st.sampled_from([[], ["l"], ["t", 1], ["e"], ["b"], ["NaT"], ["h", 1, "object", "x", True]]),
    st.sampled_from([RANGE, ARRAY, ["x", None, None, ARRAY], ["a", "|i1", "C", 3]]),
)


def spots(node, path=()):
    """Paths to everything inside a header."""
    yield path
    if isinstance(node, list):
        for i, part in enumerate(node):
            yield from spots(part, (*path, i))


def put(node, path, change):
    """The header with `change` applied to the list element at `path`."""
    if not path:
        return change(node)
    return [*node[: path[0]], put(node[path[0]], path[1:], change), *node[path[0] + 1 :]]


@settings(FUZZ, max_examples=600)
@given(st.data())
def test_mutated_headers(data):
    """Headers with a wrong part, and blobs too many, decode or raise Malformed."""
    header, blobs = parts_of(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(spots(header))))
        junk = data.draw(JUNK)
        match data.draw(st.sampled_from(["replace", "wrap", "drop", "append", "tag", "blob"])):
            case "replace":
                header = put(header, path, lambda _, junk=junk: junk)
            case "wrap":
                header = put(header, path, lambda node: ["l", node])
            case "drop":
                header = put(header, path, lambda n: n[:-1] if isinstance(n, list) else n)
            case "append":
                header = put(header, path, lambda n, j=junk: [*n, j] if isinstance(n, list) else j)
            case "tag":
                header = put(
                    header, path, lambda n, j=junk: [j, *n[1:]] if isinstance(n, list) else n
                )
            case "blob":
                blobs.insert(
                    data.draw(st.integers(0, len(blobs))),
                    data.draw(st.sampled_from([b"", b"\xff", I64, OFFSETS, bytes(7)])),
                )
                blobs = data.draw(st.permutations(blobs)) if len(blobs) < 6 else blobs
    bounded(forge(header, *blobs))


# --- over a socket ---------------------------------------------------------------------------


@pytest.fixture
def ends():
    """A connected pair of sockets."""
    a, b = socket.socketpair()
    with a, b:
        yield a, b


def soon(seconds=5.0):
    """A deadline."""
    return time.monotonic() + seconds


def test_values_cross_a_socket(ends):
    """Several frames, one of 16 MB, arrive in order and whole."""
    near, far = ends
    values = [1, pd.DataFrame(np.ones((200_000, 10))), [b"x" * 100_000] * 3, torch.ones(5)]

    def send():
        for value in values:
            wire.write(near, value, limit=1 << 26, deadline=soon(20))

    sender = threading.Thread(target=send)
    sender.start()
    got = [wire.read(far, limit=1 << 26, deadline=soon(20)) for _ in values]
    sender.join()
    assert same(values, got)


def test_a_frame_above_the_limit_is_refused_before_memory_is_taken(ends):
    """A claim above the limit raises at once, though the data may still be on its way."""
    near, far = ends
    near.sendall(struct.pack("<Q", 1 << 62) + b"x" * 100)
    with pytest.raises(Malformed, match="limit"):
        wire.read(far, limit=1 << 20, deadline=soon())


def test_a_large_claim_without_data_takes_no_memory(ends):
    """Memory grows with what arrived, not with what was announced."""
    near, far = ends
    near.sendall(struct.pack("<Q", 1 << 33) + b"x" * 1000)
    tracemalloc.start()
    with pytest.raises(TimeoutError):
        wire.read(far, limit=1 << 34, deadline=soon(0.2))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize("sent", [0, 3, 8, 20])
def test_a_peer_that_closes_is_the_end(ends, sent):
    """A frame cut anywhere, then closed, raises EOFError."""
    near, far = ends
    data = message([1, 2, 3])
    near.sendall((struct.pack("<Q", len(data)) + data)[:sent])
    near.close()
    with pytest.raises(EOFError):
        wire.read(far, limit=1 << 20, deadline=soon())


def test_a_slow_drip_meets_the_deadline(ends):
    """A byte now and then does not put the deadline off."""
    near, far = ends
    stop = threading.Event()

    def drip():
        near.sendall(struct.pack("<Q", 1000))
        while not stop.wait(0.02):
            near.sendall(b"x")

    dripper = threading.Thread(target=drip)
    dripper.start()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        wire.read(far, limit=1 << 20, deadline=soon(0.3))
    assert time.monotonic() - begun < 1.5
    stop.set()
    dripper.join()


def test_a_peer_that_does_not_read_meets_the_deadline(ends):
    """Writing to a peer that has stopped reading gives up."""
    near, _ = ends
    with pytest.raises(TimeoutError):
        wire.write(near, b"x" * (1 << 24), limit=1 << 25, deadline=soon(0.2))


def test_nothing_is_sent_of_what_does_not_cross(ends):
    """After NotPlain, for class or size, the stream is still good; its timeout is as before."""
    near, far = ends
    near.settimeout(7)
    for value in ([1, Loud()], b"x" * 2000):
        with pytest.raises(NotPlain):
            wire.write(near, value, limit=1000)
    wire.write(near, "next", limit=1000)
    assert near.gettimeout() == 7
    assert wire.read(far, limit=1000, deadline=soon()) == "next"


def test_a_malformed_frame_leaves_the_stream_in_step(ends):
    """The frame after a malformed one is read as usual."""
    near, far = ends
    near.sendall(struct.pack("<Q", 4) + b"oops")
    wire.write(near, "next", limit=1000)
    with pytest.raises(Malformed):
        wire.read(far, limit=1000, deadline=soon())
    assert wire.read(far, limit=1000, deadline=soon()) == "next"


# --- no code ---------------------------------------------------------------------------------

AUDIT = """
import pickle, struct, sys
from autograde import wire
messages = [bytes.fromhex(line) for line in sys.stdin.read().split()]
def decode():
    for message in messages:
        wire.decode(message)
events = []
watched = {"pickle.find_class", "marshal.loads", "marshal.load", "exec", "compile", "import",
           "code.__new__", "os.system", "subprocess.Popen", "ctypes.dlopen"}
sys.addaudithook(lambda name, _: events.append(name) if name in watched else None)
decode()
# Imports on first use read byte code; nothing may ever unpickle.
assert "pickle.find_class" not in events, events
events.clear()
decode()
assert set(events) <= {"import"}, events
events.clear()
pickle.loads(pickle.dumps(struct.Struct)); compile("1", "", "eval")
assert "pickle.find_class" in events and "compile" in events
print("clean", len(messages))
"""


def test_decoding_runs_no_code():
    """Over all samples nothing is unpickled, unmarshalled, compiled or run."""
    lines = "\n".join(message(v).hex() for v in SAMPLES.values())
    done = subprocess.run(
        [sys.executable, "-c", AUDIT], input=lines, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == f"clean {len(SAMPLES)}\n", done.stderr


LINK = ("arrays", "arrow", "frames", "nodes", "values", "wire")


def test_the_link_is_these_modules():
    """Importing wire loads no module of ours beyond those that are looked at below."""
    code = (
        "import sys; from autograde import wire\n"
        "print(*sorted(m for m in sys.modules if m.startswith('autograde.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [f"autograde.{name}" for name in LINK], done.stderr


@pytest.mark.parametrize("name", LINK)
def test_the_link_has_no_means_to_run_code(name):
    """No module imports a serialiser of objects or names a function that runs code."""
    tree = ast.parse(Path(wire.__file__).with_name(f"{name}.py").read_text())
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    imports = {
        part
        for n in ast.walk(tree)
        if isinstance(n, ast.Import | ast.ImportFrom)
        for part in [*(a.name for a in n.names), getattr(n, "module", None) or ""]
    }
    roots = {i.split(".")[0] for i in imports}
    assert not roots & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "importlib"}
    assert not names & {"eval", "exec", "compile", "__import__", "globals", "setattr"}
    assert not attributes & {"load", "loads", "read_pickle", "save", "fromfile", "__reduce__"}


# --- speed -----------------------------------------------------------------------------------


def test_the_link_is_fast():
    """A frame of 16 MB, and a small call, cost far less than the work they carry.

    The bounds are ten times what a 2-core machine takes: they catch a change of kind (base64, a
    loop over elements), not a slow day.
    """
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(200_000, 10)))
    text = pd.DataFrame({"t": np.arange(500_000).astype(str)})
    call = (3, "call", [1, 2, 3], {"a": 1.5})

    def best(value, repeats):
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            there_and_back(value)
            times.append(time.perf_counter() - begun)
        return min(times)

    assert best(table, 3) < 0.3
    assert best(text, 3) < 0.3
    assert best(call, 200) < 200e-6
