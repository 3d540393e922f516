"""The hidden checks of junior-eda: one function for each check cell.

Owns what is right on data that the candidate has not seen, and the reasons that they read. Each
function takes the candidate's function; it returns nothing (all or nothing) or the share of its
points that was earned. What is expected is always computed before the candidate's function is
called, by code that shares nothing with the reference. Owns no data: that is ``data.py``.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import data
import numpy as np
import pandas as pd

from autograde import checks, figures
from autograde.checks import (
    Earned,
    call,
    inputs,
    mapping,
    number,
    plain,
    require,
    same,
    seeds,
    unchanged,
)

Tables = dict[str, pd.DataFrame]
Row = dict[str, Any]

FLIGHTS = 1500
MONTHS = 1


def _rows(frame: pd.DataFrame, by: list[str]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[b] for b in by): row for row in frame.to_dict("records")}


@cache
def _case(seed: int) -> data.Case:
    """One variant, made once for all checks: none of them writes into it."""
    return data.make(seed, flights=FLIGHTS, months=MONTHS)


# --- task 1: profile -----------------------------------------------------------------------------

KEYS = {
    "flights": ["row_id"],
    "planes": ["tailnum"],
    "weather": ["origin", "time_hour"],
    "airports": ["faa"],
    "airlines": ["carrier"],
}


def _profile_cases() -> list[tuple[str, Tables, dict[str, list[str]]]]:
    tables = _case(seeds(1)[0]).tables
    odd = {
        "stations": data.rows("""
            a   b    c    d
            x   1    1.0  -
            x   1    2.5  -
            x   1    -    -
            -   1    3.0  -
            -   1    3.0  -
            x   2    4.0  -
            y   2    4.0  -
            y   -    4.0  -
        """).assign(
            flag=[True, False] * 4,
            maybe=pd.array([True, None] * 4, dtype="boolean"),
            count=pd.array([1, None] * 4, dtype="Int64"),
            when=pd.to_datetime(["2013-05-01", None] * 4),
            word=pd.Series(["1", None] * 4, dtype=object),
        ),
    }
    return [
        ("the five tables of other months", tables, KEYS),
        ("a table that has nothing to do with flights", odd, {"stations": ["a", "b"]}),
        ("tables without rows", {n: t.head(0) for n, t in tables.items()}, KEYS),
    ]


def _profiles(
    profile: Callable[..., Any], field: str
) -> Iterable[tuple[str, str, Any, pd.DataFrame]]:
    """Call ``profile`` on each case; yield where, the table's name, the field and the table."""
    for where, tables, keys in _profile_cases():
        seen = call(profile, tables, keys)
        answer = mapping(seen.result, "profile")
        require(set(answer) == set(tables), f"profile: not one entry for each table, given {where}")
        for name, table in tables.items():
            entry = mapping(answer[name], f"profile's entry of {name}")
            require(field in entry, f"profile: the entry of {name} has no '{field}', given {where}")
            yield where, name, entry[field], table
        if field == "rows":
            unchanged(tables, seen.args[0], "profile")


def profile_counts(profile: Callable[..., Any]) -> None:
    """Rows and missing values of every column, on tables never seen, odd and empty."""
    for where, name, value, table in _profiles(profile, "rows"):
        require(
            number(value) == len(table), f"profile: 'rows' of {name} is {value!r}, given {where}"
        )
    for where, name, value, table in _profiles(profile, "missing"):
        value = mapping(value, f"profile: 'missing' of {name}")
        require(
            set(value) == set(table.columns),
            f"profile: 'missing' is asked for every column; {name} has {table.shape[1]} columns, "
            f"you give {len(value)}, given {where}",
        )
        for column in table.columns:
            absent = sum(bool(cell) for cell in table[column].isna())
            require(
                number(value[column]) == absent,
                f"profile: 'missing' of {name}.{column} is {value[column]!r}, given {where}",
            )


def _key_faults(table: pd.DataFrame, key: list[str]) -> tuple[int, int]:
    counts: dict[tuple[Any, ...], int] = {}
    incomplete = 0
    for values in zip(*(table[column] for column in key), strict=True):
        if any(pd.isna(value) for value in values):
            incomplete += 1
        else:
            counts[values] = counts.get(values, 0) + 1
    return incomplete, sum(n for n in counts.values() if n > 1)


def profile_keys(profile: Callable[..., Any]) -> None:
    """Rows with an incomplete key, and all rows that share a complete one."""
    want = [
        (_key_faults(table, keys[name]))
        for _, tables, keys in _profile_cases()
        for name, table in tables.items()
    ]
    for place, field in enumerate(("key_missing", "key_repeated")):
        answers = _profiles(profile, field)
        for (where, name, value, _), faults in zip(answers, want, strict=True):
            require(
                number(value) == faults[place],
                f"profile: '{field}' of {name} is {value!r}, given {where}",
            )


def profile_kinds(profile: Callable[..., Any]) -> None:
    """What the values are, whatever type they are stored in."""
    odd = {"a": "text", "b": "integer", "c": "decimal", "d": "integer", "flag": "bool",
           "maybe": "bool", "count": "integer", "when": "time", "word": "text"}  # fmt: skip
    known = {
        "flights": dict.fromkeys(data.FLIGHT_COLUMNS, "integer")
        | dict.fromkeys(["carrier", "tailnum", "origin", "dest"], "text")
        | {"time_hour": "time"},
        "planes": dict.fromkeys(data.PLANE_COLUMNS, "text")
        | dict.fromkeys(["year", "seats"], "integer"),
        "weather": dict.fromkeys(data.WEATHER_COLUMNS, "decimal")
        | {"row_id": "integer", "origin": "text", "time_hour": "time"},
        "airports": {"faa": "text", "name": "text", "lat": "decimal", "lon": "decimal",
                     "alt": "integer"},
        "airlines": {"carrier": "text", "name": "text"},
        "stations": odd,
    }  # fmt: skip
    for where, name, value, table in _profiles(profile, "kinds"):
        value = mapping(value, f"profile: 'kinds' of {name}")
        for column in table.columns:
            want = known[name][column]
            if len(table) == 0 and want == "decimal":
                want = "integer"  # "and so is a number column without any value"
            require(
                column in value and same(value[column], want),
                f"profile: the kind of {name}, column {column} (stored as {table[column].dtype}), "
                f"is {value.get(column)!r}, given {where}",
            )


# --- task 2: join_all ----------------------------------------------------------------------------


def _clock_change() -> Tables:
    """Two flights an hour apart whose local clocks agree, because the clocks went back."""
    return {
        "flights": data.rows("""
            row_id  year  month  day  hour  time_hour          carrier  tailnum  origin  dest
            5       2013  11     3    1     2013-11-03T05:00Z  K2       N1       AAA     XXX
            3       2013  11     3    1     2013-11-03T06:00Z  K2       N1       AAA     XXX
            4       2013  11     3    2     2013-11-03T07:00Z  K2       -        AAA     XXX
        """),
        "planes": data.rows("""
            tailnum  year  manufacturer  seats
            N1       1990  BOEING        20
            -        1991  CESSNA        4
        """),
        "weather": data.rows("""
            row_id  origin  time_hour          temp  wind_speed  wind_gust  precip  pressure  visib
            8       AAA     2013-11-03T05:00Z  50.0  5.0         -          0.0     1010.0    10.0
            9       AAA     2013-11-03T06:00Z  47.0  6.0         -          0.2     -         7.0
            7       AAA     2013-11-03T01:00Z  66.0  7.0         -          0.0     1011.0    10.0
            6       AAA     2013-11-03T02:00Z  67.0  7.0         -          0.0     1011.0    10.0
        """),
        "airports": data.rows("""
            faa  name  lat   lon
            XXX  Xton  41.5  -80.5
        """),
        "airlines": data.rows("carrier name\nK2 Kilo"),
    }


def _join_cases() -> list[tuple[str, Tables]]:
    first, second = (_case(seed).tables for seed in seeds(2))
    mixed = {name: table[table.columns[::-1]] for name, table in second.items()}
    return [
        ("other months", first),
        ("other months, columns in another order", mixed),
        ("the night in which the clocks go back", _clock_change()),
    ]


def _pair(result: Any, what: str) -> tuple[Any, Any]:
    result = plain(result)
    require(
        isinstance(result, tuple | list) and len(result) == 2,
        f"join_all must return a pair (joined, report), given {what}",
    )
    return result[0], result[1]


NEW_COLUMNS = [
    "plane_year", "plane_manufacturer", "plane_seats", "has_plane", "temp", "wind_speed",
    "wind_gust", "precip", "pressure", "visib", "has_weather", "dest_name", "dest_lat", "dest_lon",
    "has_dest",
]  # fmt: skip


def join_rows(join_all: Callable[..., Any]) -> None:
    """Rows in are rows out, with flights' own columns; also for empty tables."""
    cases = _join_cases()
    tables = cases[0][1]
    cases.append(("flights without rows", tables | {"flights": tables["flights"].head(0)}))
    for what, tables in inputs(cases):
        flights = tables["flights"]
        seen = call(join_all, tables)
        joined, report = _pair(seen.result, what)
        joined = checks.table(joined, [*flights.columns, *NEW_COLUMNS], "joined")
        require(
            len(joined) == len(flights) and set(joined["row_id"]) == set(flights["row_id"]),
            f"join_all: 'exactly one row for each row of flights': {len(flights)} flights go in, "
            f"{len(joined)} rows come out, given {what}",
        )
        _require_columns(joined, flights, flights.columns, what)
        if len(flights) == 0:
            report = checks.table(
                report, ["lookup", "group", "flights", "no_key", "not_found"], "report"
            )
            require(len(report) == 0, "join_all: the report of no flights must have no rows")
        unchanged(tables, seen.args[0], "join_all")


def _require_columns(
    joined: pd.DataFrame, want: pd.DataFrame, columns: Iterable[str], what: str
) -> None:
    got = joined.set_index("row_id", drop=False).loc[want["row_id"].to_numpy()]
    for column in columns:
        pairs = zip(got[column].to_list(), want[column].to_list(), strict=True)
        off = sum(not same(a, b) for a, b in pairs)
        require(
            off == 0,
            f"join_all: column {column} is not as the task says for {off} of {len(want)} flights, "
            f"given {what}",
        )


def _lookups(tables: Tables) -> dict[str, tuple[dict[Any, Row], list[str], str, str]]:
    """For each lookup table: its rows by key, the key's columns in flights, group and flag."""
    keys = {
        "planes": (["tailnum"], ["tailnum"], "carrier", "has_plane"),
        "weather": (["origin", "time_hour"], ["origin", "time_hour"], "origin", "has_weather"),
        "airports": (["faa"], ["dest"], "dest", "has_dest"),
    }
    return {
        name: (_rows(tables[name].dropna(subset=own), own), theirs, group, flag)
        for name, (own, theirs, group, flag) in keys.items()
    }


def _join_truth(tables: Tables) -> tuple[pd.DataFrame, dict[tuple[str, str], list[int]]]:
    """Join row by row with dicts: the new columns by row_id, and the counts of the report."""
    lookups = _lookups(tables)
    out, counts = [], {}
    for flight in tables["flights"].to_dict("records"):
        row: Row = {"row_id": flight["row_id"]}
        for name, (known, key, group, flag) in lookups.items():
            values = tuple(flight[column] for column in key)
            hit = known.get(values)
            no_key = any(pd.isna(value) for value in values)
            for column, new in data.TAKEN[name].items():
                row[new] = hit[column] if hit else None
            row[flag] = hit is not None
            count = counts.setdefault((name, flight[group]), [0, 0, 0])
            count[0] += 1
            count[1] += no_key
            count[2] += not no_key and hit is None
        out.append(row)
    return pd.DataFrame(out, columns=["row_id", *NEW_COLUMNS]), counts


def join_values(join_all: Callable[..., Any]) -> None:
    """The new columns and flags are right for every flight."""
    for what, tables in inputs(_join_cases()):
        want, _ = _join_truth(tables)
        joined = _pair(join_all(tables), what)[0]
        joined = checks.table(joined, ["row_id", *NEW_COLUMNS], "joined")
        require(
            len(joined) == len(want) and set(joined["row_id"]) == set(want["row_id"]),
            f"join_all: {len(want)} flights go in, {len(joined)} rows come out, given {what}",
        )
        _require_columns(joined, want, NEW_COLUMNS, what)


def join_report(join_all: Callable[..., Any]) -> None:
    """The report counts, for each group, flights without key and keys without row."""
    cases = _join_cases()
    tables = cases[0][1]
    cases.append(("a lookup table without rows", tables | {"planes": tables["planes"].head(0)}))
    columns = ["flights", "no_key", "not_found"]
    for what, tables in inputs(cases):
        _, want = _join_truth(tables)
        report = _pair(join_all(tables), what)[1]
        report = checks.table(report, ["lookup", "group", *columns], "report")
        got = _rows(report, ["lookup", "group"])
        require(
            len(report) == len(want) and set(got) == set(want),
            "join_all: 'one row for each pair (lookup, group)': in your report of "
            f"{len(report)} rows {len(set(want) - set(got))} groups are absent, "
            f"{len(set(got) - set(want))} are no groups, given {what}",
        )
        for place, column in enumerate(columns):
            off = sum(number(got[pair][column]) != counts[place] for pair, counts in want.items())
            require(
                off == 0,
                f"join_all: the report's '{column}' is wrong for {off} groups, given {what}",
            )


# --- task 3: missing_reasons ---------------------------------------------------------------------

NEEDED = ["carrier", "dep_time", "wind_speed", "precip"]


def _splits(
    joined: pd.DataFrame, min_rows: int
) -> list[tuple[str, str | None, np.ndarray[Any, Any]]]:
    """The splits that take part, in the order of the ties: reason, group, rows inside."""
    n = len(joined)
    splits = [
        ("structural", None, np.array([wind < 15 for wind in joined["wind_speed"]], dtype=bool)),
        ("outcome", None, joined["dep_time"].isna().to_numpy()),
    ]
    carriers = joined["carrier"].to_numpy(dtype=object)
    splits += [("carrier", code, carriers == code) for code in sorted(set(carriers))]
    splits.append(("weather", None, np.array([rain > 0 for rain in joined["precip"]], dtype=bool)))
    return [split for split in splits if min_rows <= split[2].sum() <= n - min_rows]


def _clear(joined: pd.DataFrame, min_rows: int) -> pd.DataFrame:
    """Leave out the columns whose reason would be decided by rounding.

    "We do not test values so near a bound that floating-point rounding decides": a gap at 0.25,
    or two splits whose gaps are all but equal. The four columns that the task promises stay.
    """
    splits = _splits(joined, min_rows)
    near = []
    for column in joined.columns.difference(NEEDED):
        absent = joined[column].isna().to_numpy()
        gaps = [float(absent[rows].mean() - absent[~rows].mean()) for _, _, rows in splits]
        second, largest = sorted([-1.0, -1.0, *gaps])[-2:]
        if abs(largest - 0.25) < 1e-9 or (largest > 0.25 and largest - second < 1e-9):
            near.append(column)
    return joined.drop(columns=near)


def _missing_truth(joined: pd.DataFrame, min_rows: int) -> list[Row]:
    """The answer for one table, by counting with NumPy."""
    splits = _splits(joined, min_rows)
    truth = []
    for column in joined:
        absent = joined[column].isna().to_numpy()
        if not absent.any():
            continue
        best: Row = {"reason": "other", "inside": None, "outside": None, "group": None}
        largest = -1.0
        for reason, group, inside in splits:
            shares = float(absent[inside].mean()), float(absent[~inside].mean())
            gap = shares[0] - shares[1]
            if gap >= 0.25 and gap > largest:
                largest = gap
                best = {"reason": reason, "inside": shares[0], "outside": shares[1], "group": group}
        truth.append({"column": column, "missing": int(absent.sum())} | best)
    return truth


REASON_COLUMNS = ["column", "missing", "reason", "inside", "outside", "group"]


def _planted_gaps(seed: int) -> pd.DataFrame:
    """A joined table in which columns go missing for causes of our choice, under other names."""
    case = _case(seed)
    joined = data.joined(case.tables)
    rng = np.random.default_rng([seed, 3])
    carriers = joined["carrier"].value_counts()
    carrier = sorted(carriers.index[carriers >= 60])[-1]
    n = len(joined)
    causes = {
        "visib": joined["carrier"] == carrier,
        "plane_seats": joined["precip"] > 0,
        "dest_lat": joined["dep_time"].isna(),
        "sched_arr_time": joined["wind_speed"] < 15,
        "flight": pd.Series(True, index=joined.index),
    }
    for column, rows in causes.items():
        likely = np.where(rows, 0.7, 0.05) if column != "flight" else np.full(n, 0.3)
        if column == "plane_seats":
            joined[column] = 100.0
        joined[column] = joined[column].astype(float).mask(rng.random(n) < likely)
    # Names tell nothing here: only the four that the task promises stay.
    return joined.rename(
        columns={c: f"column_{i}" for i, c in enumerate(joined) if c not in NEEDED}
    )


def missing_score(missing_reasons: Callable[..., Any], points: float) -> Earned:
    """Points by the share of the columns for which everything is right, over three tables."""
    first, second, third = seeds(3)
    tables = [data.joined(_case(first).tables), _planted_gaps(second), _planted_gaps(third)]
    tables = [_clear(joined, 30) for joined in tables]
    right = total = 0
    for joined in tables:
        want = _missing_truth(joined, 30)
        answer = checks.table(missing_reasons(joined), REASON_COLUMNS, "missing_reasons")
        got = _rows(answer, ["column"])
        require(
            len(answer) == len(got),
            f"missing_reasons: {len(answer)} rows for {len(got)} columns, not one for each",
        )
        total += len(want) + len(set(got) - {(row["column"],) for row in want})
        for row in want:
            mine = got.get((row["column"],))
            right += mine is not None and all(same(mine[c], row[c]) for c in REASON_COLUMNS)
    return Earned(
        points * right / total,
        f"missing_reasons: {right} of {total} columns of three other tables are all right",
    )


def missing_edges(missing_reasons: Callable[..., Any]) -> None:
    """Row order, ties, the bound of 0.25, min_rows, no missing values, no rows, no writing."""
    joined = _clear(data.joined(_case(seeds(1)[0]).tables), 200)
    # Shares in quarters, which floats hold exactly.
    tie = data.rows("""
        carrier  dep_time  wind_speed  precip  half  fourth  two
        B2       -         5.0         0.5     -     -       -
        B2       -         5.0         0.5     -     1       -
        B2       -         5.0         0.5     1     1       1
        B2       -         5.0         0.5     1     1       1
        A1       600       20.0        0.0     1     1       -
        A1       600       20.0        0.0     1     1       -
        A1       600       20.0        0.0     1     1       1
        A1       600       20.0        0.0     1     1       1
    """)
    carriers = data.rows("""
        carrier  dep_time  wind_speed  precip  value
        B2       600       -           -       -
        B2       600       -           -       -
        A1       600       -           -       -
        A1       600       -           -       -
        C3       600       -           -       1
        C3       600       -           -       1
    """)
    below = data.rows("""
        carrier  dep_time  wind_speed  precip  fifth
        A1       600       5.0         0.0     -
        A1       600       5.0         0.0     1
        A1       600       5.0         0.0     1
        A1       600       5.0         0.0     1
        A1       600       5.0         0.0     1
        A1       600       20.0        0.0     1
        A1       600       20.0        0.0     1
        A1       600       20.0        0.0     1
    """)
    # No wind of the source blows at 15 mph or a little above.
    windy = pd.DataFrame(
        {
            "carrier": "A1",
            "dep_time": 600.0,
            "wind_speed": [14.5] * 5 + [15.0] * 5 + [15.5] * 5,
            "precip": 0.0,
            "value": [np.nan] * 4 + [1.0] * 5 + [np.nan] + [1.0] * 5,
        }
    )
    crowded = pd.DataFrame(
        {
            "carrier": "A1",
            "dep_time": 600.0,
            "wind_speed": [5.0] * 16 + [20.0] * 4,
            "precip": 0.0,
            "value": [np.nan] * 15 + [1.0] * 5,
        }
    )
    # Where it is structural all values are missing, but where it rains the gap is larger.
    louder = pd.DataFrame(
        {
            "carrier": "A1",
            "dep_time": 600.0,
            "wind_speed": [5.0] * 5 + [20.0] * 15,
            "precip": [0.1] * 10 + [0.0] * 10,
            "value": [np.nan] * 9 + [1.0] + [np.nan] + [1.0] * 9,
        }
    )
    order = np.random.default_rng(5).permutation(len(joined))
    cases = [
        ("causes that tie, and a gap of exactly 0.25", tie, 4),
        ("a gap a little below 0.25", below, 3),
        ("a split with one row less than min_rows", tie, 5),
        ("wind at the bound", windy, 5),
        ("a split with too few rows outside", crowded, 5),
        ("two carriers that tie", carriers, 2),
        ("a cause with many missing values and another with a larger gap", louder, 5),
        ("rows in another order, another min_rows", joined.iloc[order], 200),
        ("a table without rows", joined.head(0), 30),
        ("a table without missing values", joined.dropna(axis=1).assign(
            dep_time=600.0, wind_speed=20.0, precip=0.0), 30),
    ]  # fmt: skip
    for what, table, min_rows in inputs(cases):
        want = _missing_truth(table, min_rows)
        seen = call(missing_reasons, table, min_rows)
        answer = checks.table(seen.result, REASON_COLUMNS, "missing_reasons")
        got = _rows(answer, ["column"])
        require(
            set(got) == {(row["column"],) for row in want} and len(answer) == len(want),
            "missing_reasons: 'one row for each column that has at least one missing value': your "
            f"{len(answer)} rows are not that, given {what}",
        )
        for row in want:
            for column in REASON_COLUMNS:
                require(
                    same(got[(row["column"],)][column], row[column]),
                    f"missing_reasons: a column's '{column}' is not as the task says, given {what}",
                )
        unchanged(table, seen.args[0], "missing_reasons")


# --- task 4: anomalies ---------------------------------------------------------------------------

PAIRS = [
    ("flights", "duplicate"), ("flights", "clock"), ("flights", "delay"), ("flights", "speed"),
    ("weather", "duplicate"), ("weather", "limits"), ("weather", "spike"),
]  # fmt: skip


def _faults(answer: Any) -> set[tuple[str, int, str]]:
    frame = checks.table(answer, ["table", "row_id", "reason"], "anomalies")
    known = {reason for _, reason in PAIRS}
    unknown = sorted({str(reason) for reason in frame["reason"]} - known)
    require(not unknown, f"anomalies: these are not among the reasons: {', '.join(unknown)[:80]}")
    require(set(frame["table"]) <= {"flights", "weather"}, "anomalies: 'table' has other names")
    found = {
        (str(table), int(row_id), str(reason))
        for table, row_id, reason in zip(
            frame["table"], frame["row_id"], frame["reason"], strict=True
        )
    }
    require(
        len(found) == len(frame),
        f"anomalies: 'one row for each pair of row and reason': {len(frame) - len(found)} rows "
        "repeat another one, on other data",
    )
    return found


def anomalies_score(anomalies: Callable[..., Any], points: float) -> Earned:
    """Points by mean F1 over table and reason, times the share of storm flights left alone."""
    hits = dict.fromkeys(PAIRS, 0)
    said = dict.fromkeys(PAIRS, 0)
    true = dict.fromkeys(PAIRS, 0)
    storm = marked = 0
    for seed in seeds(3):
        case = data.make(seed, flights=2000, months=1)
        truth = set(case.planted.itertuples(index=False, name=None))
        found = _faults(anomalies(case.tables))
        for pair in PAIRS:
            ours = {fault for fault in truth if (fault[0], fault[2]) == pair}
            theirs = {fault for fault in found if (fault[0], fault[2]) == pair}
            hits[pair] += len(ours & theirs)
            said[pair] += len(theirs)
            true[pair] += len(ours)
        faultless = {("flights", row_id) for row_id in case.storm} - {f[:2] for f in truth}
        storm += len(faultless)
        marked += len(faultless & {fault[:2] for fault in found})
    f1 = [2 * hits[pair] / (said[pair] + true[pair]) for pair in PAIRS]
    weakest = [
        f"{reason!r} in {table}" for (table, reason), f in zip(PAIRS, f1, strict=True) if f < 1
    ]
    said_of = "anomalies: in three other sets of tables every fault is found"
    if weakest:
        said_of = f"anomalies: rows are missed or wrongly marked as {', '.join(weakest)}"
    if marked:
        said_of += f"; {marked} of {storm} faultless flights of storm days are marked"
    return Earned(points * float(np.mean(f1)) * (1 - marked / storm), said_of)


def _edge_tables() -> Tables:
    return {
        "flights": data.rows("""
            row_id  sched_dep_time  dep_time  dep_delay  sched_arr_time  arr_time  arr_delay  carrier  tailnum  air_time  distance
            40      600             600       0          700             700       0          K2       N1       60        780
            13      600             610       9          700             700       0          K2       N1       60        100
            12      600             600       0          700             700       0          K2       N1       60        781
            31      2355            2400      5          100             2359      -61        K2       N1       60        100
            30      2355            2400      5          100             2359      -61        K2       N1       60        100
            29      2355            2400      5          100             2359      -61        K2       N1       60        100
            28      600             0         -360       700             700       0          K2       -        -         100
            27      600             0         -360       700             700       0          K2       -        -         100
            11      600             660       60         700             730       0          K2       N1       0         100
            10      600             2401      5          700             -         -          K2       N1       -         100
            9       600             5         1085       700             800       2940       K2       N1       60        100
            8       600             -1        5          700             860       5          K2       N1       -5        100
            7       600             -         -          700             -         -          K2       N1       -         100
        """),  # noqa: E501
        "weather": data.rows("""
            row_id  origin  time_hour          temp   humid  wind_speed  wind_gust  precip  pressure  visib
            20      AAA     2013-05-02T01:00Z  25.0   100    200         255        12      870       0
            19      AAA     2013-05-02T00:00Z  50.0   0      0           -          0       1085      100
            18      AAA     2013-05-01T23:00Z  24.9   -1     10          -          0       -         10
            17      AAA     2013-05-01T22:00Z  50.0   50     10          -          0       -         -0.5
            16      AAA     2013-05-01T20:00Z  90.0   50     10          -          0       -         10
            15      AAA     2013-05-01T21:00Z  50.0   50     10          -          -0.1    -         10
            14      BBB     2013-05-01T19:00Z  50.0   50     10          -          0       -         10
            13      BBB     2013-05-01T20:00Z  130.1  50     201         256        0       869.9     10
            12      BBB     2013-05-01T21:00Z  60.0   50     10          -          0       -         10
            11      BBB     2013-05-01T21:00Z  60.0   50     10          -          0       -         10
            10      CCC     2013-05-01T10:00Z  -60.0  50     10          -          0       -         10
            9       CCC     2013-05-01T11:00Z  -30.0  50     10          -          0       -         10
            8       CCC     2013-05-01T12:00Z  -      50     10          -          0       -         10
            100     DDD     2013-05-03T00:00Z  50.0   50     10          -          0       -         10
            101     DDD     2013-05-03T01:00Z  75.0   50     10          -          0       -         10
            102     DDD     2013-05-03T02:00Z  40.0   50     10          -          0       -         10
            103     DDD     2013-05-03T05:00Z  40.0   50     10          -          0       -         10
            104     DDD     2013-05-03T06:00Z  75.0   50     10          -          0       -         10
            105     DDD     2013-05-03T07:00Z  50.0   50     10          -          0       -         10
            106     DDD     2013-05-03T10:00Z  50.0   50     10          -          0       -         10
            107     DDD     2013-05-03T11:00Z  75.5   50     10          -          0       -         10
            108     DDD     2013-05-03T12:00Z  40.0   50     10          -          0       -         10
            109     DDD     2013-05-03T15:00Z  40.0   50     10          -          0       -         10
            110     DDD     2013-05-03T16:00Z  75.5   50     10          -          0       -         10
            111     DDD     2013-05-03T17:00Z  50.0   50     10          -          0       -         10
            112     DDD     2013-05-03T20:00Z  50.0   50     10          -          0       -         10
            113     DDD     2013-05-03T21:00Z  74.5   50     10          -          0       -         10
            114     DDD     2013-05-03T22:00Z  40.0   50     10          -          0       -         10
            115     DDD     2013-05-04T01:00Z  40.0   50     10          -          0       -         10
            116     DDD     2013-05-04T02:00Z  74.5   50     10          -          0       -         10
            117     DDD     2013-05-04T03:00Z  50.0   50     10          -          0       -         10
            118     DDD     2013-05-04T06:00Z  50.0   50     10          -          0       -         10
            119     DDD     2013-05-04T07:00Z  25.0   50     10          -          0       -         10
            120     DDD     2013-05-04T08:00Z  60.0   50     10          -          0       -         10
            121     DDD     2013-05-04T11:00Z  60.0   50     10          -          0       -         10
            122     DDD     2013-05-04T12:00Z  25.0   50     10          -          0       -         10
            123     DDD     2013-05-04T13:00Z  50.0   50     10          -          0       -         10
            124     DDD     2013-05-04T16:00Z  50.0   50     10          -          0       -         10
            125     DDD     2013-05-04T17:00Z  24.5   50     10          -          0       -         10
            126     DDD     2013-05-04T18:00Z  60.0   50     10          -          0       -         10
            127     DDD     2013-05-04T21:00Z  60.0   50     10          -          0       -         10
            128     DDD     2013-05-04T22:00Z  24.5   50     10          -          0       -         10
            129     DDD     2013-05-04T23:00Z  50.0   50     10          -          0       -         10
            130     DDD     2013-05-05T02:00Z  50.0   50     10          -          0       -         10
            131     DDD     2013-05-05T03:00Z  25.5   50     10          -          0       -         10
            132     DDD     2013-05-05T04:00Z  60.0   50     10          -          0       -         10
            133     DDD     2013-05-05T07:00Z  60.0   50     10          -          0       -         10
            134     DDD     2013-05-05T08:00Z  25.5   50     10          -          0       -         10
            135     DDD     2013-05-05T09:00Z  50.0   50     10          -          0       -         10
        """),  # noqa: E501
    }


EDGE_FAULTS = {
    ("flights", 30, "duplicate"), ("flights", 31, "duplicate"), ("flights", 28, "duplicate"),
    ("flights", 13, "delay"), ("flights", 12, "speed"),
    ("flights", 11, "clock"), ("flights", 11, "delay"),
    ("flights", 11, "speed"), ("flights", 10, "clock"), ("flights", 8, "clock"),
    ("flights", 8, "speed"),
    ("weather", 18, "limits"), ("weather", 18, "spike"), ("weather", 17, "limits"),
    ("weather", 15, "limits"),
    ("weather", 13, "limits"), ("weather", 13, "spike"), ("weather", 12, "duplicate"),
    ("weather", 107, "spike"), ("weather", 110, "spike"),
    ("weather", 125, "spike"), ("weather", 128, "spike"),
}  # fmt: skip


def anomalies_edges(anomalies: Callable[..., Any]) -> None:
    """Bounds, several reasons for a row, duplicates first, no rows, no writing, any row order."""
    tables = _edge_tables()
    turned = {name: table.iloc[::-1] for name, table in tables.items()}
    cases = [
        ("rows at the bounds of the rules", tables),
        ("the same rows in another order", turned),
    ]
    for what, given in inputs(cases):
        seen = call(anomalies, given)
        found = _faults(seen.result)
        for pair in PAIRS:
            ours = {fault for fault in EDGE_FAULTS if (fault[0], fault[2]) == pair}
            theirs = {fault for fault in found if (fault[0], fault[2]) == pair}
            require(
                ours == theirs,
                f"anomalies: '{pair[1]}' in {pair[0]}: {len(theirs - ours)} rows marked "
                f"that must not be, {len(ours - theirs)} not marked that must be, given {what}",
            )
        unchanged(given, seen.args[0], "anomalies")
    empty = {name: table.head(0) for name, table in tables.items()}
    require(not _faults(anomalies(empty)), "anomalies: faults in tables without rows")


# --- task 5: questions ---------------------------------------------------------------------------


def _clean(seed: int) -> pd.DataFrame:
    """Flights of other months, of which some lack what no question needs."""
    flights = _case(seed).tables["flights"]
    rows = np.random.default_rng(seed).random(len(flights))
    return flights.assign(
        tailnum=flights["tailnum"].mask(rows < 0.2), air_time=flights["air_time"].mask(rows > 0.8)
    )


def _question_cases() -> list[tuple[str, pd.DataFrame]]:
    first, second = seeds(2)
    flights = _clean(first)
    return [
        ("other months", flights),
        ("columns in another order", _clean(second)[flights.columns[::-1]]),
        ("no flights", flights.head(0)),
    ]


def _is_late(flight: Row) -> bool:
    return bool(flight["arr_delay"] > 15)


def _require_rates(got: Any, want: dict[str, float], what: str) -> None:
    got = mapping(got, what)
    require(
        set(got) == set(want),
        f"{what}: 'a dict {{origin: ...}}': your {len(got)} entries are not the origins asked for",
    )
    for origin, rate in want.items():
        require(
            abs(number(got[origin]) - rate) < 1e-9, f"{what}: a rate is not as the task defines it"
        )


def question_late_chart(late_chart: Callable[..., Any]) -> None:
    """The right bars in the right order over the right names, with units."""
    tie = data.rows("""
        carrier  arr_delay
        W3       20
        W3       10
        Q5       16
        Q5       15
        K2       90
        A1       -
    """)
    many = pd.DataFrame({"carrier": list("JIHGFEDCBA"), "arr_delay": [0.0, 20.0] * 5})
    cases = [
        *_question_cases()[:2],
        ("carriers that tie, and one that never flew", tie),
        ("ten carriers with one flight each", many),
    ]
    for what, flights in inputs(cases):
        counts: dict[str, list[int]] = {}
        for flight in flights.to_dict("records"):
            if not pd.isna(flight["arr_delay"]):
                count = counts.setdefault(flight["carrier"], [0, 0])
                count[0] += 1
                count[1] += _is_late(flight)
        busiest = sorted(counts, key=lambda carrier: (-counts[carrier][0], carrier))[:8]
        rates = {carrier: 100 * counts[carrier][1] / counts[carrier][0] for carrier in busiest}
        want = sorted(busiest, key=lambda carrier: (-rates[carrier], carrier))
        seen = call(late_chart, flights)
        drawn = figures.read(seen.result, "late_chart: what it returns").axes
        require(len(drawn) == 1, f"late_chart: {len(drawn)} charts instead of one, given {what}")
        (chart,) = drawn
        bars = sorted(chart.bars, key=lambda bar: bar.x)
        require(
            len(bars) == len(want),
            f"late_chart: 'the 8 carriers with the most counted flights': {len(bars)} bars for "
            f"{len(counts)} carriers, given {what}",
        )
        names = {round(tick.position, 6): tick.label for tick in chart.xticks}
        under = [names.get(round(bar.x + bar.width / 2, 6), "") for bar in bars]
        require(
            set(under) == set(want),
            f"late_chart: 'the tick under each bar is the carrier': not so, given {what}",
        )
        require(
            all(
                abs(bar.height - rates[name]) < 1e-6 and bar.y == 0
                for bar, name in zip(bars, under, strict=True)
            ),
            f"late_chart: a bar is not its carrier's late rate in percent, from 0 up, given {what}",
        )
        require(
            under == want, f"late_chart: the bars are not 'from the highest rate', given {what}"
        )
        require(
            "%" in chart.ylabel and "carrier" in chart.xlabel.lower() and bool(chart.title),
            f"late_chart: an axis lacks its label or unit, or the title is empty, given {what}",
        )
        unchanged(flights, seen.args[0], "late_chart")


def question_late_by_hour(late_by_hour: Callable[..., Any]) -> None:
    """Counted flights and late rate by hour; an hour without counted flights is absent."""
    cases = _question_cases()
    gone = cases[0][1].copy()
    gone.loc[gone["hour"] == gone["hour"].max(), "arr_delay"] = np.nan
    for what, flights in inputs([*cases, ("an hour without counted flights", gone)]):
        counts: dict[int, list[int]] = {}
        for flight in flights.to_dict("records"):
            if not pd.isna(flight["arr_delay"]):
                count = counts.setdefault(int(flight["hour"]), [0, 0])
                count[0] += 1
                count[1] += _is_late(flight)
        seen = call(late_by_hour, flights)
        answer = checks.table(seen.result, ["hour", "flights", "late_rate"], "late_by_hour")
        got = {int(row["hour"]): row for row in answer.to_dict("records")}
        require(
            set(got) == set(counts) and len(answer) == len(counts),
            f"late_by_hour: 'one row for each value of hour that has at least one counted flight': "
            f"your {len(answer)} rows are not that, given {what}",
        )
        for hour, (n, late) in counts.items():
            require(
                number(got[hour]["flights"]) == n,
                f"late_by_hour: 'flights' is not the number of counted flights, given {what}",
            )
            require(
                abs(number(got[hour]["late_rate"]) - late / n) < 1e-9,
                f"late_by_hour: 'late_rate' is not late among counted flights, given {what}",
            )
        unchanged(flights, seen.args[0], "late_by_hour")


def question_worst_day(worst_day: Callable[..., Any]) -> None:
    """Day with most cancellations, small days left out, ties to the earliest, across years."""
    tie = data.rows("""
        year  month  day  dep_time  origin
        2014  1      2    -         AAA
        2014  1      2    600       AAA
        2013  11     9    600       AAA
        2013  11     9    -         AAA
        2013  2      10   -         AAA
        2013  2      10   600       AAA
        2013  2      10   600       AAA
        2013  1      30   -         AAA
    """)
    cases = [(what, flights, 20) for what, flights in _question_cases()]
    cases += [("days that tie", tie, 2), ("a day with one flight", tie, 1), ("rare days", tie, 3),
              ("no day with enough flights", tie, 4)]  # fmt: skip
    for what, flights, least in inputs(cases):
        counts: dict[tuple[int, int, int], list[int]] = {}
        days = zip(flights["year"], flights["month"], flights["day"], strict=True)
        for day, clock in zip(days, flights["dep_time"], strict=True):
            count = counts.setdefault(day, [0, 0])
            count[0] += 1
            count[1] += bool(pd.isna(clock))
        shares = sorted((-gone / n, day) for day, (n, gone) in counts.items() if n >= least)
        seen = call(worst_day, flights, least)
        answer = plain(seen.result)
        unchanged(flights, seen.args[0], "worst_day")
        if not shares:
            require(
                answer is None,
                f"worst_day: 'No day has enough flights': you return {answer!r:.80}, given {what}",
            )
            continue
        share, (year, month, day) = shares[0]
        require(
            isinstance(answer, tuple) and len(answer) == 2,
            f"worst_day: a tuple (day, share) is asked for, given {what}",
        )
        require(
            same(answer[0], f"{year}-{month:02d}-{day:02d}"),
            f"worst_day: {answer[0]!r:.80} is not the day that the task defines, given {what}",
        )
        require(
            abs(number(answer[1]) + share) < 1e-9,
            f"worst_day: the share is not the share of cancelled flights on that day, given {what}",
        )


def question_top_routes(top_routes: Callable[..., Any]) -> None:
    """Busiest routes, ties by alphabet, and all of them if there are fewer than k."""
    tie = data.rows("""
        origin  dest
        BBB     XXX
        AAA     ZZZ
        AAA     YYY
        BBB     AAA
        CCC     DDD
        CCC     DDD
    """)
    cases = [(what, flights, 5) for what, flights in _question_cases()]
    cases += [("many routes that tie", cases[0][1], 10_000), ("routes that tie", tie, 4)]
    for what, flights, k in inputs(cases):
        counts: dict[tuple[str, str], int] = {}
        for route in zip(flights["origin"], flights["dest"], strict=True):
            counts[route] = counts.get(route, 0) + 1
        want = sorted((-n, *route) for route, n in counts.items())[:k]
        seen = call(top_routes, flights, k)
        answer = plain(seen.result)
        require(isinstance(answer, list), f"top_routes: a list is asked for, given {what}")
        got = [plain(entry) for entry in answer]
        require(
            all(isinstance(entry, tuple) and len(entry) == 3 for entry in got),
            f"top_routes: tuples (origin, dest, number) are asked for, given {what}",
        )
        require(
            len(got) == len(want),
            f"top_routes: {len(got)} routes for k = {k} and {len(counts)} routes, given {what}",
        )
        off = sum(
            not (same(a, origin) and same(b, dest) and number(n) == -count)
            for (a, b, n), (count, origin, dest) in zip(got, want, strict=True)
        )
        require(
            off == 0,
            f"top_routes: {off} of {len(got)} places hold another route or number, given {what}",
        )
        unchanged(flights, seen.args[0], "top_routes")


def question_adjusted_late_rate(adjusted_late_rate: Callable[..., Any]) -> None:
    """The adjusted rate on planted Simpson cases and on real flights."""
    first, second = seeds(2)
    alone = data.rows("""
        carrier  origin  arr_delay
        K2       AAA     20
        Q5       BBB     10
        K2       BBB     -
    """)
    cases = [
        ("origins with different mixes of carriers", data.simpson(first)),
        ("origins with different mixes of carriers", data.simpson(second)),
        ("no common carrier", alone),
        *_question_cases(),
    ]
    for what, flights in inputs(cases):
        cells: dict[tuple[str, str], list[int]] = {}
        for flight in flights.to_dict("records"):
            if not pd.isna(flight["arr_delay"]):
                cell = cells.setdefault((flight["carrier"], flight["origin"]), [0, 0])
                cell[0] += 1
                cell[1] += _is_late(flight)
        origins = {origin for _, origin in cells}
        common = [
            carrier
            for carrier in sorted({carrier for carrier, _ in cells})
            if all((carrier, origin) in cells for origin in origins)
        ]
        size = {c: sum(cells[c, origin][0] for origin in origins) for c in common}
        want = {
            origin: sum(
                size[c] / sum(size.values()) * cells[c, origin][1] / cells[c, origin][0]
                for c in common
            )
            for origin in origins
            if common
        }
        seen = call(adjusted_late_rate, flights)
        _require_rates(seen.result, want, f"adjusted_late_rate, given {what}")
        unchanged(flights, seen.args[0], "adjusted_late_rate")


# --- task 6: findings ----------------------------------------------------------------------------

CLAIMS = [
    "cancelled", "late", "no_plane", "late_evening_minus_morning",
    "no_tailnum_cancelled_minus_flown",
]  # fmt: skip


def _claim_truth(tables: Tables) -> dict[str, tuple[float, float, float, int]]:
    """Value, low, high and rows of every claim, counted flight by flight."""
    planes = {tail for tail in tables["planes"]["tailnum"] if not pd.isna(tail)}
    sides: dict[str, tuple[list[bool], list[bool]]] = {name: ([], []) for name in CLAIMS}
    seen = set()
    for flight in tables["flights"].to_dict("records"):
        identity = tuple(
            None if pd.isna(value) else value for name, value in flight.items() if name != "row_id"
        )
        if identity in seen:
            continue
        seen.add(identity)
        cancelled, no_tail = bool(pd.isna(flight["dep_time"])), bool(pd.isna(flight["tailnum"]))
        sides["cancelled"][0].append(cancelled)
        sides["no_plane"][0].append(no_tail or flight["tailnum"] not in planes)
        sides["no_tailnum_cancelled_minus_flown"][0 if cancelled else 1].append(no_tail)
        if pd.isna(flight["arr_delay"]):
            continue
        late = _is_late(flight)
        sides["late"][0].append(late)
        if flight["hour"] >= 17 or flight["hour"] <= 11:
            sides["late_evening_minus_morning"][0 if flight["hour"] >= 17 else 1].append(late)
    truth = {}
    for name, (plus, minus) in sides.items():
        groups = [group for group in (plus, minus) if group]
        shares = [sum(group) / len(group) for group in groups]
        value = shares[0] - sum(shares[1:])
        error = sum(p * (1 - p) / len(g) for p, g in zip(shares, groups, strict=True)) ** 0.5
        rows = sum(len(group) for group in groups)
        truth[name] = (value, value - 1.96 * error, value + 1.96 * error, rows)
    return truth


def findings_score(findings: Callable[..., Any], points: float) -> Earned:
    """Points by the claims that are right in all four numbers, in the worst of three variants."""
    scores = []
    for seed in seeds(3):
        tables = data.make(seed, flights=2000, months=2).tables
        truth = _claim_truth(tables)
        seen = call(findings, tables)
        answer = plain(seen.result)
        require(isinstance(answer, list | tuple), "findings: a list of dicts is asked for")
        claims = [mapping(claim, "each of the findings") for claim in answer]
        names = [claim.get("claim") for claim in claims]
        require(
            len(names) == len(CLAIMS) and set(names) == set(CLAIMS),
            f"findings: 'five dicts, one for each claim': these are the claims of {len(answer)} "
            f"dicts on other months: {', '.join(map(str, names))[:120]}",
        )
        unchanged(tables, seen.args[0], "findings")
        right = 0
        for claim in claims:
            got = [number(claim.get(key)) for key in ("value", "low", "high", "rows")]
            right += all(abs(a - b) < 1e-9 for a, b in zip(got, truth[claim["claim"]], strict=True))
        scores.append(right)
    worst = min(scores)
    return Earned(
        points * worst / 5,
        f"findings: {worst} of 5 claims have the right value, low, high and rows on other months",
    )
