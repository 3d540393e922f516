# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The delay dashboard nobody trusts
#
# **A session of 60 minutes · 100 points · six tasks**
#
# > 여러분은 아무도 믿지 않는 항공 지연 대시보드의 테이블 다섯 개를 물려받았습니다. 이 과제에서는 예측 모델을 만들지 않습니다.
# > 데이터가 무엇을 말할 수 있고 무엇을 말할 수 없는지를, 다른 사람이 그대로 이어서 쓸 수 있는 함수로 정리합니다.
# > 60분 안에 모두 끝내지 못하셔도 괜찮습니다. ★ 표시가 있는 핵심 과제부터 시작하세요. 글로 쓰는 답은 한국어로 써도 됩니다.
#
# You inherit the five tables behind a flight-delay dashboard that nobody believes. There is no model
# to build: you write down what the tables can say, as functions that run on next month's data too.
#
# | task | what you write | points | minutes |
# |---|---|---|---|
# | | *reading as far as task 1* | | 6 |
# | 1 ★ | `profile`: rows, keys, kinds, missing values | 15 | 9 |
# | 2 ★ | `join_all`: one table, no flight lost or multiplied | 20 | 16 |
# | 3 | `missing_reasons`: why values are missing, with numbers | 20 | 12 |
# | 4 ★ | `anomalies`: rows that cannot be true | 20 | 19 |
# | 5 | five questions as functions, one of them a chart | 15 | 16 |
# | 6 | findings with intervals, and a short memo | 10 | 14 |
#
# ★ is the **core: 55 points in about 50 minutes**; begin there. Minutes include reading the task. All
# six take about 92 minutes, so **nobody is expected to finish**. The tasks do not depend on each other:
# each is graded on inputs that we supply, and you may do them in any order.
#
# ## Rules
#
# - Use Python, its standard library, pandas and NumPy (Matplotlib or seaborn for a chart). In grading there
#   is no network; `pd.merge?` shows documentation.
# - Write where a cell says `# YOUR CODE HERE`; keep the names of functions and parameters. Add cells
#   and helper functions wherever you like.
# - Run the **visible checks** under each task: they test one small worked example. Grading runs the
#   notebook from top to bottom and then calls your functions on **other data of the same shape**:
#   other months, codes and faults, rows in another order, empty tables. A typed-in result earns nothing.
# - Each part of a task has its own check and its own points, some in proportion. **A part whose
#   visible check fails earns nothing**: the worked example must come out whole, and the proportion is over the
#   data of grading. What is tested only in grading is marked so.
# - A cell that raises an error or runs longer than 30 seconds costs only what needs that cell; one left
#   as `# YOUR CODE HERE` does no harm. All cells together, your own included, may take 90 seconds.
# - To hand in, save this notebook under its own name, then do as `README.md` beside its folder says. There
#   is no pass mark.
#
# ## Words that hold in every task
#
# - **Missing** means NaN, None, NaT or `pd.NA`. No other value stands for missing; a negative
#   `air_time`, for example, is a fault.
# - **Rows are in no order**, and the index means nothing, in tables that you get and in those that you
#   return. Columns that you return may be in any order; more than asked are ignored.
# - **Do not change your arguments**: after a call the tables that you were given are as before.
# - Numbers may be Python or NumPy numbers; a whole number may be stored as a float. Flags may be
#   `bool` or pandas' `boolean`.
# - An **empty table** is `table.head(0)`: columns and dtypes as ever, no rows. Your functions accept it.
# - A flight is **cancelled** if `dep_time` is missing. A flight is **counted** if `arr_delay` is
#   present, and a counted flight is **late** if `arr_delay > 15`. A **late rate** is the share of
#   late flights among the counted ones.
# - *Share* is always a number from 0 to 1, not rounded. We do not test values so near a bound that
#   floating-point rounding decides.
#
# ## The tables
#
# Three origin airports in one city (US Eastern time), some months of one year. Codes and names of
# carriers and airports are made up. `data/` holds one CSV file per table, and `joined.csv`, which task 3
# uses; the cell below loads the tables into `tables`, a dict from name to DataFrame. Functions that take
# `tables` get such a dict.
#
# | table | one row is | columns |
# |---|---|---|
# | `flights` | a scheduled departure | `row_id` unique · `year, month, day` scheduled date, local · `hour` scheduled hour of departure, **local** · `time_hour` the same hour in **UTC** · `sched_dep_time, dep_time, sched_arr_time, arr_time` local clocks at the place where they happen, as HHMM: 517 is 5:17 · `dep_delay, arr_delay` minutes, negative is early, can exceed a day · `carrier, flight` the number is not unique in a day · `tailnum` the aircraft · `origin, dest` airport codes · `air_time` minutes · `distance` miles |
# | `planes` | an aircraft | `tailnum` · `year` the year in which it was **built** · `manufacturer, model, seats, engine` |
# | `weather` | a reading at an origin in an hour | `row_id` unique · `origin` · `time_hour` **UTC** · `temp` °F · `humid` % · `wind_speed, wind_gust` mph; there is a gust only when the wind is uneven · `precip` inches in the hour · `pressure` mbar · `visib` miles |
# | `airports` | an airport | `faa` code · `name` · `lat, lon` degrees · `alt` feet |
# | `airlines` | a carrier | `carrier` · `name`; no task needs it |
#
# Known to be dirty: rows were entered twice, in `flights`, `planes` and `weather`; some readings and
# clock values are wrong; some aircraft, airports and weather hours are absent; a few aircraft have
# no tail number. Some days are storms with many cancellations. They are real. In `flights`, `row_id`,
# the date, `hour`, `time_hour`, the scheduled clocks, `carrier`, `flight`, `origin`, `dest` and
# `distance` are never missing; in `weather`, `row_id`, `origin` and `time_hour`; in `airports` and
# `airlines`, nothing.

# %% locked=true
import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def load_tables(folder="data"):
    """Read the five tables; `time_hour` becomes a UTC timestamp."""
    tables = {}
    for name in ("flights", "planes", "weather", "airports", "airlines"):
        times = ["time_hour"] if name in ("flights", "weather") else []
        tables[name] = pd.read_csv(f"{folder}/{name}.csv", parse_dates=times)
    return tables


def small(text):
    """Make a small table from text; `-` is a missing value."""
    frame = pd.read_csv(io.StringIO(text), sep=r"\s+", na_values=["-"])
    if "time_hour" in frame:
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True)
    return frame


def same_value(a, b):
    """Whether two cells agree: missing with missing, numbers to nine digits."""
    if pd.isna(a) or pd.isna(b):
        return bool(pd.isna(a) and pd.isna(b))
    if isinstance(b, float) and isinstance(a, (int, float, np.number)):
        return abs(a - b) < 1e-9
    return bool(a == b)


def assert_table(got, expected, by):
    """Compare a table with the worked example: rows found by the columns `by`, in any order."""
    assert isinstance(got, pd.DataFrame), f"a DataFrame is asked for, this is {type(got).__name__}"
    absent = [column for column in expected if column not in got]
    assert not absent, f"these columns are absent: {absent}; yours are {list(got.columns)}"
    have = {tuple(row[b] for b in by): row for row in got[list(expected)].to_dict("records")}
    want = {tuple(row[b] for b in by): row for row in expected.to_dict("records")}
    assert set(have) == set(want), (
        f"rows by {by}: not in yours {sorted(set(want) - set(have), key=str)}, "
        f"only in yours {sorted(set(have) - set(want), key=str)}"
    )
    assert len(got) == len(expected), f"{len(expected)} rows are expected, yours has {len(got)}"
    for key, row in want.items():
        for column, value in row.items():
            assert same_value(have[key][column], value), (
                f"row {key}, column {column!r}: yours is {have[key][column]!r}, "
                f"the worked example says {value!r}"
            )


# %% locked=true side="candidate"
tables = load_tables()
{name: table.shape for name, table in tables.items()}

# %%
# Look around here. Nothing in this cell is graded.
tables["flights"].head()

# %% [markdown]
# ## Task 1 ★ · `profile(tables, keys)` · 15 points · 9 minutes
#
# *Purpose: know what you have before you use it.*
#
# `tables` maps a name to a DataFrame, `keys` maps the same names to the columns (a list of at least
# one) that are supposed to identify a row. Any tables and any columns may come, not only flights.
#
# Return a dict with one entry for each table, `{name: {...}}`; each entry is a dict with
#
# - `"rows"`: the number of rows;
# - `"missing"`: `{column: number of missing values}`, for every column, also where it is 0;
# - `"key_missing"`: the number of rows in which at least one key column is missing;
# - `"key_repeated"`: among the rows whose key is complete, the number of rows that share their key
#   with another row: **three rows with the same key count 3**;
# - `"kinds"`: `{column: kind}` for every column. The kind goes by the column's dtype in pandas, except
#   that floats may turn out to be whole numbers. It is the first of these that fits:
#   1. `"bool"`: dtype `bool` or `boolean`;
#   2. `"time"`: timestamps, with or without a time zone;
#   3. `"integer"`: a number dtype, and every value that is present is whole (so `[3.0, NaN]` is
#      integer, and so is a number column without any value);
#   4. `"decimal"`: any other number dtype;
#   5. `"text"`: everything else, columns of dtype `object` too, whatever they hold.
#
# The worked example is in the cell below. Its full answer is in the checks.

# %% locked=true
example_profile = {
    "planes": small("""
        tailnum  year    seats  speed
        N1       1998.0  55     432.5
        N2       -       182    -
        N2       2004.0  182    -
        -        2001.0  8      126.0
        -        2001.0  8      126.0
    """),
    "weather": small("""
        origin  time_hour          temp
        AAA     2013-05-01T10:00Z  39.0
        BBB     2013-05-01T10:00Z  40.0
    """),
}
example_keys = {"planes": ["tailnum"], "weather": ["origin", "time_hour"]}


# %% task="profile"
def profile(tables, keys):
    """Return rows, missing values, key faults and kinds of each table as a dict."""

    ### BEGIN SOLUTION
    def kind(values):
        if pd.api.types.is_bool_dtype(values.dtype):
            return "bool"
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return "time"
        if pd.api.types.is_numeric_dtype(values.dtype):
            return "integer" if (values.dropna() % 1 == 0).all() else "decimal"
        return "text"

    report = {}
    for name, table in tables.items():
        key = table[keys[name]]
        complete = key.dropna()
        report[name] = {
            "rows": len(table),
            "missing": {column: int(table[column].isna().sum()) for column in table},
            "key_missing": len(key) - len(complete),
            "key_repeated": int(complete.duplicated(keep=False).sum()),
            "kinds": {column: kind(table[column]) for column in table},
        }
    return report
    ### END SOLUTION


# %% [markdown]
# **Checks of task 1.** Rows and missing counts: 5 points.

# %% check="profile.counts"
answer = profile(example_profile, example_keys)
assert set(answer) == {"planes", "weather"}, "one entry for each table is asked for"
assert answer["planes"]["rows"] == 5, f"planes has 5 rows, you say {answer['planes']['rows']}"
got = {column: answer["planes"]["missing"][column] for column in answer["planes"]["missing"]}
assert got == {"tailnum": 2, "year": 1, "seats": 0, "speed": 2}, f"missing values of planes: {got}"
assert answer["weather"]["rows"] == 2, f"weather has 2 rows, you say {answer['weather']['rows']}"
got = {column: answer["weather"]["missing"][column] for column in answer["weather"]["missing"]}
assert got == {"origin": 0, "time_hour": 0, "temp": 0}, f"missing values of weather: {got}"
### BEGIN HIDDEN TESTS
import hidden

hidden.profile_counts(profile)
### END HIDDEN TESTS

# %% [markdown]
# Keys: 6 points.

# %% check="profile.keys"
answer = profile(example_profile, example_keys)
got = answer["planes"]["key_missing"]
assert got == 2, f"two planes have no tail number, you say {got}"
got = answer["planes"]["key_repeated"]
assert got == 2, f"both rows with N2 count, rows without a tail number do not: you say {got}"
got = (answer["weather"]["key_missing"], answer["weather"]["key_repeated"])
assert got == (0, 0), f"weather's key has no fault here, you say {got}"
### BEGIN HIDDEN TESTS
import hidden

hidden.profile_keys(profile)
### END HIDDEN TESTS

# %% [markdown]
# Kinds: 4 points.

# %% check="profile.kinds"
answer = profile(example_profile, example_keys)
got = {column: answer["planes"]["kinds"][column] for column in answer["planes"]["kinds"]}
assert got == {"tailnum": "text", "year": "integer", "seats": "integer", "speed": "decimal"}, (
    f"year is whole although it is stored as a float; your kinds of planes are {got}"
)
got = {column: answer["weather"]["kinds"][column] for column in answer["weather"]["kinds"]}
assert got == {"origin": "text", "time_hour": "time", "temp": "integer"}, (
    f"39.0 and 40.0 are whole; your kinds of weather are {got}"
)
### BEGIN HIDDEN TESTS
import hidden

hidden.profile_kinds(profile)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2 ★ · `join_all(tables)` · 20 points · 16 minutes
#
# *Purpose: one table with everything about a flight, and an honest list of what was not found.*
#
# Return a pair `(joined, report)` of DataFrames.
#
# `joined` has **exactly one row for each row of `flights`**: none lost, none multiplied; a flight that
# was entered twice stays twice. Its columns are all columns of `flights` with the same values (a
# dtype may differ), and
#
# | from | found by | new columns |
# |---|---|---|
# | `planes` | `tailnum` | `plane_year` (year built), `plane_manufacturer`, `plane_seats`, `has_plane` |
# | `weather` | `origin` and the scheduled hour of departure (`time_hour`) | `temp`, `wind_speed`, `wind_gust`, `precip`, `pressure`, `visib`, `has_weather` |
# | `airports` | `dest` = `faa` | `dest_name`, `dest_lat`, `dest_lon`, `has_dest` |
#
# - `has_...` is True where a row was found, otherwise False. Where none was found the other new
#   columns are missing.
# - A missing tail number matches nothing, not even a plane without a tail number.
# - A lookup table can hold the same thing twice. Such rows agree in everything except weather's
#   `row_id`, so it does not matter which of them you take.
#
# `report` says what was not found, and for whom. It has one row for each pair (`lookup`, `group`),
# where `lookup` is `"planes"`, `"weather"` or `"airports"`, and `group` runs over the carriers in
# `flights` for planes, over its origins for weather, over its destinations for airports. Groups in
# which everything was found are listed as well. Columns:
#
# - `lookup`, `group`;
# - `flights`: the number of rows of `flights` in the group, those entered twice included;
# - `no_key`: in how many of these rows `tailnum` is missing; for weather and airports it is 0;
# - `not_found`: how many of these rows have a key that is not in the lookup table.
#
# If `flights` is empty, both have their columns and no rows. If a lookup table is empty, nothing is
# found in it.

# %% locked=true
example_join = {
    "flights": small("""
        row_id  year  time_hour          carrier  tailnum  origin  dest
        1       2013  2013-05-01T10:00Z  K2       N1       AAA     XXX
        2       2013  2013-05-01T10:00Z  K2       N7       AAA     YYY
        3       2013  2013-05-01T11:00Z  Q5       -        AAA     XXX
        4       2013  2013-05-01T10:00Z  Q5       N2       BBB     XXX
    """),
    "planes": small("""
        tailnum  year    manufacturer  seats
        N1       1998.0  EMBRAER       55
        N1       1998.0  EMBRAER       55
        N2       -       BOEING        149
        -        2001.0  CESSNA        8
    """),
    "weather": small("""
        row_id  origin  time_hour          temp  wind_speed  wind_gust  precip  pressure  visib
        70      AAA     2013-05-01T10:00Z  39.0  10.5        -          0.0     1012.0    10.0
        71      AAA     2013-05-01T11:00Z  41.0  20.5        31.0       0.1     -         8.0
        72      AAA     2013-05-01T10:00Z  39.0  10.5        -          0.0     1012.0    10.0
    """),
    "airports": small("""
        faa  name  lat   lon
        XXX  Xton  41.5  -80.5
    """),
    "airlines": small("""
        carrier  name
        K2       Kilo
        Q5       Quebec
    """),
}


# %% task="join_all"
def join_all(tables):
    """Return (joined, report): flights with planes, weather and airports, and what had no match."""
    ### BEGIN SOLUTION
    flights = tables["flights"]
    planes = tables["planes"][["tailnum", "year", "manufacturer", "seats"]]
    planes = planes.dropna(subset="tailnum").drop_duplicates("tailnum")
    planes = planes.rename(columns={c: f"plane_{c}" for c in ("year", "manufacturer", "seats")})
    weather = tables["weather"][
        ["origin", "time_hour", "temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    ].drop_duplicates(["origin", "time_hour"])
    airports = tables["airports"][["faa", "name", "lat", "lon"]].drop_duplicates("faa")
    airports = airports.set_axis(["dest", "dest_name", "dest_lat", "dest_lon"], axis=1)

    joined, parts = flights, []
    for lookup, frame, key, group, flag in (
        ("planes", planes, ["tailnum"], "carrier", "has_plane"),
        ("weather", weather, ["origin", "time_hour"], "origin", "has_weather"),
        ("airports", airports, ["dest"], "dest", "has_dest"),
    ):
        joined = joined.merge(frame, on=key, how="left", validate="m:1", indicator=flag)
        joined[flag] = joined[flag] == "both"
        no_key = joined[key].isna().any(axis=1)
        counts = pd.DataFrame(
            {
                "group": joined[group],
                "flights": 1,
                "no_key": no_key.astype(int),
                "not_found": (~no_key & ~joined[flag]).astype(int),
            }
        )
        counts = counts.groupby("group", as_index=False).sum()
        parts.append(counts.assign(lookup=lookup))
    return joined, pd.concat(parts)
    ### END SOLUTION


# %% [markdown]
# **Checks of task 2.** No row lost or multiplied, the values of `flights` kept, arguments unchanged, no
# flights: 5 points.

# %% check="join_all.rows"
given = {name: table.copy() for name, table in example_join.items()}
joined, report = join_all(given)
assert isinstance(joined, pd.DataFrame), f"joined must be a DataFrame, not {type(joined).__name__}"
assert len(joined) == 4, f"4 flights go in, {len(joined)} rows come out"
assert_table(joined, example_join["flights"], by=["row_id"])
for name, table in example_join.items():
    assert table.equals(given[name]), f"after the call {name} is not as it was before"
joined, report = join_all(given | {"flights": given["flights"].head(0)})
assert len(joined) == len(report) == 0, f"no flights, but {len(joined)} and {len(report)} rows"
assert {"row_id", "plane_year", "temp", "dest_name", "has_dest"} <= set(joined), (
    f"without flights the columns of joined are {list(joined.columns)}"
)
assert {"lookup", "group", "flights", "no_key", "not_found"} <= set(report), (
    f"without flights the columns of the report are {list(report.columns)}"
)
### BEGIN HIDDEN TESTS
import hidden

hidden.join_rows(join_all)
### END HIDDEN TESTS

# %% [markdown]
# The values that were joined: 9 points.

# %% check="join_all.values"
joined, report = join_all(example_join)
assert_table(
    joined,
    small("""
        row_id  plane_year  plane_manufacturer  plane_seats  has_plane  dest_name  dest_lat  dest_lon  has_dest
        1       1998.0      EMBRAER             55           True       Xton       41.5      -80.5     True
        2       -           -                   -            False      -          -         -         False
        3       -           -                   -            False      Xton       41.5      -80.5     True
        4       -           BOEING              149          True       Xton       41.5      -80.5     True
    """),
    by=["row_id"],
)
assert_table(
    joined,
    small("""
        row_id  temp  wind_speed  wind_gust  precip  pressure  visib  has_weather
        1       39.0  10.5        -          0.0     1012.0    10.0   True
        2       39.0  10.5        -          0.0     1012.0    10.0   True
        3       41.0  20.5        31.0       0.1     -         8.0    True
        4       -     -           -          -       -         -      False
    """),
    by=["row_id"],
)
### BEGIN HIDDEN TESTS
import hidden

hidden.join_values(join_all)
### END HIDDEN TESTS

# %% [markdown]
# The report: 6 points.

# %% check="join_all.report"
joined, report = join_all(example_join)
assert_table(
    report,
    small("""
        lookup    group  flights  no_key  not_found
        planes    K2     2        0       1
        planes    Q5     2        1       0
        weather   AAA    3        0       0
        weather   BBB    1        0       1
        airports  XXX    3        0       0
        airports  YYY    1        0       1
    """),
    by=["lookup", "group"],
)
### BEGIN HIDDEN TESTS
import hidden

hidden.join_report(join_all)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3 · `missing_reasons(joined, min_rows=30)` · 20 points · 12 minutes
#
# *Purpose: a value is rarely missing by chance. Say what it is tied to, and show the number.*
#
# `joined` is a table as task 2 makes it. It has at least the columns `carrier` (never missing),
# `dep_time`, `wind_speed` and `precip`; any others may come or be absent. `sample` below is such a
# table, of other months than `tables`, so you do not need task 2 for this.
#
# Return one row for **each column of `joined` that has at least one missing value**, a DataFrame with
# `column` (its name), `missing` (number of missing values), `reason`, `inside`, `outside`, `group`.
#
# Four causes can explain why a column is missing. Each one splits **all** rows of `joined` in two:
#
# | `reason` | rows *inside*; all other rows are *outside* |
# |---|---|
# | `"structural"` | `wind_speed` is below 15: in such wind there is hardly a gust to report |
# | `"outcome"` | the flight was cancelled (`dep_time` is missing): the gap gives the outcome away |
# | `"carrier"` | `carrier` is one certain carrier: each carrier is a split of its own |
# | `"weather"` | `precip` is above 0: it rained or snowed |
#
# A row in which `wind_speed` (or `precip`) is missing is *outside* of that split. For every split
# take `inside` and `outside` = the share of rows in it in which the column is missing, and the
# **gap** = `inside - outside`.
#
# - A split takes part only if it has at least `min_rows` rows inside **and** at least `min_rows`
#   rows outside; `min_rows` is 1 or more.
# - The reason is that of the split with the largest gap, if this gap is at least 0.25. If no split
#   reaches 0.25, the reason is `"other"`.
# - Ties: the cause that stands higher in the list above; between carriers the first by alphabet.
# - `inside` and `outside` are those of the winning split; missing if the reason is `"other"`.
# - `group` is the carrier's code if the reason is `"carrier"`, otherwise missing.
#
# Columns are judged one by one, so `dep_time` itself gets `"outcome"` (inside 1, outside 0). Do not drop
# rows or duplicates first. If no value is missing, return the six columns without rows.

# %% locked=true
example_missing = small("""
    carrier  dep_time  wind_speed  precip  tailnum  wind_gust  pressure  plane_year  temp
    K2       517       -           -       N1       -          -         1998.0      -
    K2       533       6.0         0.0     N2       -          1012.0    1999.0      40.0
    K2       -         20.0        0.0     -        31.0       1011.0    2001.0      41.0
    K2       630       21.0        0.2     N3       29.0       -         2003.0      42.0
    K2       645       22.0        0.1     N4       35.0       -         1998.0      43.0
    K2       -         25.0        0.3     -        36.0       1002.0    1998.0      44.0
    Q5       700       8.0         0.0     N5       -          1013.0    -           39.0
    Q5       715       9.5         0.0     N6       -          1013.0    -           39.5
    Q5       -         9.0         0.0     N7       -          1012.0    -           40.0
    Q5       800       19.0        0.0     N8       24.0       1012.0    2010.0      41.0
    W3       810       7.0         0.0     N9       -          1012.0    2011.0      42.0
    W3       825       23.0        0.0     N10      30.0       1012.0    2012.0      43.0
""")


# %% locked=true side="candidate"
sample = pd.read_csv("data/joined.csv", parse_dates=["time_hour"])
sample.isna().mean().loc[lambda share: share > 0]


# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    """Return for each column with missing values the cause that explains them best."""
    ### BEGIN SOLUTION
    splits = [
        ("structural", None, joined["wind_speed"] < 15),
        ("outcome", None, joined["dep_time"].isna()),
        *(("carrier", c, joined["carrier"] == c) for c in sorted(joined["carrier"].unique())),
        ("weather", None, joined["precip"] > 0),
    ]
    splits = [s for s in splits if s[2].sum() >= min_rows and (~s[2]).sum() >= min_rows]

    found = []
    for column in joined:
        absent = joined[column].isna()
        if not absent.any():
            continue
        shares = [
            (reason, absent[rows].mean(), absent[~rows].mean(), group)
            for reason, group, rows in splits
        ]
        # The list of splits is in the order of the ties, and max() takes the first of equals.
        best = max(shares, key=lambda share: share[1] - share[2], default=("other", 0, 0, None))
        if best[1] - best[2] < 0.25:
            best = ("other", np.nan, np.nan, None)
        found.append((column, absent.sum(), *best))
    return pd.DataFrame(
        found, columns=["column", "missing", "reason", "inside", "outside", "group"]
    )
    ### END SOLUTION


# %% [markdown]
# **Checks of task 3.** Right rows, in proportion to the number of columns for which `missing`,
# `reason`, `inside`, `outside` and `group` are all right: 16 points.

# %% check="missing_reasons.columns"
reasons = missing_reasons(example_missing, min_rows=3)
assert_table(
    reasons,
    pd.DataFrame(
        [
            ("dep_time", 3, "outcome", 1.0, 0.0, None),
            ("wind_speed", 1, "other", None, None, None),
            ("precip", 1, "other", None, None, None),
            ("tailnum", 2, "outcome", 2 / 3, 0.0, None),
            ("wind_gust", 6, "structural", 5 / 5, 1 / 7, None),
            ("pressure", 3, "weather", 2 / 3, 1 / 9, None),
            ("plane_year", 3, "carrier", 3 / 4, 0.0, "Q5"),
            ("temp", 1, "other", None, None, None),
        ],
        columns=["column", "missing", "reason", "inside", "outside", "group"],
    ),
    by=["column"],
)
### BEGIN HIDDEN TESTS
import hidden

hidden.missing_score(missing_reasons, points=16)
### END HIDDEN TESTS

# %% [markdown]
# `min_rows`, columns of any name, no rows: 4 points. Only in grading: ties, no missing values,
# arguments unchanged.

# %% check="missing_reasons.edges"
reasons = missing_reasons(example_missing, min_rows=7)
assert set(reasons["reason"]) == {"other"}, (
    "with min_rows=7 no split of this example has enough rows on both sides, "
    f"but you give {sorted(set(reasons['reason']))}"
)
reasons = missing_reasons(example_missing.rename(columns={"tailnum": "new"}), min_rows=3)
got = dict(zip(reasons["column"], reasons["reason"], strict=True))
assert got.get("new") == "outcome", f"the name of a column means nothing: yours are {got}"
reasons = missing_reasons(example_missing.head(0))
assert {"column", "missing", "reason", "inside", "outside", "group"} <= set(reasons), (
    f"without rows your columns are {list(reasons.columns)}"
)
assert len(reasons) == 0, f"without rows nothing is missing, yours has {len(reasons)} rows"
### BEGIN HIDDEN TESTS
import hidden

hidden.missing_edges(missing_reasons)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4 ★ · `anomalies(tables)` · 20 points · 19 minutes
#
# *Purpose: mark what cannot be true, so that somebody can repair it, and leave alone what is only rare.*
#
# Return a DataFrame with the columns `table` (`"flights"` or `"weather"`), `row_id` and `reason`: **one
# row for each pair of row and reason**, so a row with two faults stands there twice. The reasons:
#
# | `reason` | table | a row has it if |
# |---|---|---|
# | `"duplicate"` | both | all its columns except `row_id` are equal to those of a row of the same table with a **lower `row_id`** (missing equals missing) |
# | `"clock"` | flights | `dep_time` or `arr_time` (or both) is not a clock value. Clock values are HHMM with HH from 0 to 23 and MM from 0 to 59, and 2400; midnight may be 0 or 2400 |
# | `"delay"` | flights | at departure or at arrival (or both) the delay is not what the clocks say: the minutes from the scheduled to the actual clock and the delay may differ only by whole days (multiples of 1440 minutes) |
# | `"speed"` | flights | `air_time` is 0 or less, or `distance / (air_time / 60)` is above 780 mph |
# | `"limits"` | weather | a value is outside of what is physically possible: below the first or above the second number of `LIMITS` in the next cell |
# | `"spike"` | weather | `temp` is more than 25 °F above both the reading one hour before and the one an hour after at the same origin, or more than 25 °F below both |
#
# - A missing value is never a fault, and a rule that needs a missing value does not apply.
# - Duplicates come first: a row that is a duplicate gets only this reason and takes no part in the
#   other rules. Any other row can have several reasons.
# - `"delay"`: the scheduled clocks are always right. The rule does not apply to an end of the flight
#   whose `dep_time` (or `arr_time`) is not a clock value.
# - `"spike"` needs all three readings, exactly one hour apart. Apart from duplicates there is at most
#   one reading for an origin and hour. A neighbour serves even if it has a fault itself.
#
# **Rare is not wrong.** A delay of twenty hours, a storm day, an hour without a gust, an arrival after
# midnight that looks earlier than the departure, a flight number that flies twice on a day are real.

# %% locked=true
LIMITS = {  # physically possible, both numbers included
    "temp": (-60, 130),
    "humid": (0, 100),
    "wind_speed": (0, 200),
    "wind_gust": (0, 255),
    "precip": (0, 12),
    "pressure": (870, 1085),
    "visib": (0, 100),
}
example_anomalies = {
    "flights": small("""
        row_id  sched_dep_time  dep_time  dep_delay  sched_arr_time  arr_time  arr_delay  carrier  flight  air_time  distance
        1       2250            2350      60         130             225       55         K2       10      120       800
        9       2250            2350      60         130             225       55         K2       10      120       800
        3       900             1275      215        1100            1300      120        K2       11      0         600
        4       900             905       65         1100            1100      0          K2       12      90        600
        5       900             900       0          1100            1100      0          K2       13      9         600
        6       2300            2400      60         100             200       1500       Q5       14      90        600
        7       900             -         -          1100            -         -          Q5       15      -         600
        8       1400            1400      0          1600            1600      0          K2       10      120       800
    """),
    "weather": small("""
        row_id  origin  time_hour          temp  humid  wind_speed  wind_gust  precip  pressure  visib
        21      AAA     2013-05-01T11:00Z  90.0  60     10.0        -          0.0     1012.0    10.0
        22      AAA     2013-05-01T10:00Z  50.0  60     10.0        -          0.0     1012.0    10.0
        23      AAA     2013-05-01T12:00Z  52.0  60     1048.0      -          0.0     1012.0    10.0
        24      BBB     2013-05-01T11:00Z  51.0  60     45.0        66.0       0.4     -         0.5
    """),
}


# %% task="anomalies"
def anomalies(tables):
    """Return one row (table, row_id, reason) for each fault in flights and weather."""
    ### BEGIN SOLUTION
    found = []

    def report(table, reason, rows):
        found.append(pd.DataFrame({"table": table, "row_id": rows["row_id"], "reason": reason}))

    def without_duplicates(table):
        rows = tables[table].sort_values("row_id")
        again = rows.duplicated(rows.columns.difference(["row_id"]))
        report(table, "duplicate", rows[again])
        return rows[~again]

    flights = without_duplicates("flights")
    bad_clock, bad_delay = False, False
    for end in ("dep", "arr"):
        actual, planned = flights[f"{end}_time"], flights[f"sched_{end}_time"]
        valid = (actual.between(0, 2359) & (actual % 100 < 60)) | (actual == 2400)
        minutes = (actual // 100 - planned // 100) * 60 + actual % 100 - planned % 100
        off = (minutes - flights[f"{end}_delay"]) % 1440
        bad_clock |= actual.notna() & ~valid
        bad_delay |= valid & (off > 0)  # from 0 to 1439; nothing to compare is not above 0
    report("flights", "clock", flights[bad_clock])
    report("flights", "delay", flights[bad_delay])
    # Without a division this holds for an air time of 0 or less as well.
    report("flights", "speed", flights[flights["distance"] * 60 > 780 * flights["air_time"]])

    weather = without_duplicates("weather")
    outside = False
    for column, (low, high) in LIMITS.items():
        outside |= (weather[column] < low) | (weather[column] > high)
    report("weather", "limits", weather[outside])

    readings = weather[["row_id", "origin", "time_hour", "temp"]]
    around = readings
    for name, hours in (("before", 1), ("after", -1)):
        moved = readings.drop(columns="row_id").rename(columns={"temp": name})
        moved["time_hour"] = moved["time_hour"] + pd.Timedelta(hours=hours)
        around = around.merge(moved, on=["origin", "time_hour"])
    above, below = around["temp"] - around["before"], around["temp"] - around["after"]
    spike = ((above > 25) & (below > 25)) | ((above < -25) & (below < -25))
    report("weather", "spike", around[spike])
    return pd.concat(found)
    ### END SOLUTION


# %% [markdown]
# **Checks of task 4.** Faults found, 16 points in proportion. For each of the seven pairs of table and
# reason (`"duplicate"` occurs in both tables) we take F1: 1 if you mark exactly the right rows, less
# for each row missed and for each row marked in error. Their mean is your share of the points. If
# you mark a share *s* of the storm days' faultless flights, these points are multiplied by 1 - *s*
# (a storm day: at least 30 % of its flights are cancelled).

# %% check="anomalies.found"
found = anomalies(example_anomalies)
assert_table(
    found,
    small("""
        table    row_id  reason
        flights  9       duplicate
        flights  3       clock
        flights  3       speed
        flights  4       delay
        flights  5       speed
        weather  21      spike
        weather  23      limits
    """),
    by=["table", "row_id", "reason"],
)
### BEGIN HIDDEN TESTS
import hidden

hidden.anomalies_score(anomalies, points=16)
### END HIDDEN TESTS

# %% [markdown]
# Empty tables, rows in another order: 4 points. Only in grading: values at the bounds of the rules,
# duplicates with other faults, arguments unchanged.

# %% check="anomalies.edges"
found = anomalies({name: table.head(0) for name, table in example_anomalies.items()})
assert isinstance(found, pd.DataFrame), f"a DataFrame is asked for, not {type(found).__name__}"
assert {"table", "row_id", "reason"} <= set(found), f"your columns are {list(found.columns)}"
assert len(found) == 0, f"empty tables have no faults, you report {len(found)}"
found = anomalies({name: table.iloc[::-1] for name, table in example_anomalies.items()})
got = set(zip(found["table"], found["row_id"], found["reason"], strict=True))
assert ("flights", 9, "duplicate") in got, f"the higher row_id is the duplicate, yours: {got}"
assert ("weather", 21, "spike") in got, f"the order of rows means nothing, yours: {got}"
### BEGIN HIDDEN TESTS
import hidden

hidden.anomalies_edges(anomalies)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5 · five questions · 15 points · 16 minutes
#
# *Purpose: numbers for the dashboard that mean what their names say.*
#
# Each function gets a DataFrame `flights` that somebody has cleaned: use every row as it is. It has at
# least the columns that the question needs. Each function has its own cell, check and 3 points.
#
# 1. `late_chart(flights)`: a matplotlib `Figure` with one bar chart: the late rate **in percent** of
#    the 8 carriers with the most counted flights (tie: the first in alphabetical order; if there are
#    fewer, all). One standing bar for each, from the highest rate at the left to the lowest (tie:
#    alphabetical). Bars start at 0, and the tick under each bar is the carrier. The label of the
#    vertical axis contains `%`, that of the horizontal axis the word `carrier`, and there is a
#    title. At least one flight is counted. Matplotlib, pandas or seaborn, `return fig`.
# 2. `late_by_hour(flights)`: a DataFrame with one row for each value of `hour` that has at least one
#    counted flight: `hour`, `flights` (number of counted flights), `late_rate`.
# 3. `worst_day(flights, min_flights)`: of the days (`year`, `month`, `day`) with at least
#    `min_flights` flights, cancelled ones included, the one with the highest share of cancelled
#    flights. Return a tuple `(day, share)` with the day as text `"2013-02-09"`. Tie: the earliest
#    day. No day has enough flights: return `None`.
# 4. `top_routes(flights, k)`: a list of tuples `(origin, dest, number of flights)`, cancelled flights
#    included: the `k` routes with the most flights, most first. Ties: by origin, then by dest, in
#    alphabetical order. Fewer than `k` routes: all of them.
# 5. `adjusted_late_rate(flights)`: a dict `{origin: late rate adjusted for the carriers there}`. An
#    origin can look bad only because a bad carrier flies from it. So give every origin the same mix
#    of carriers:
#    - look only at counted flights; the origins are those that have any;
#    - keep only the *common* carriers, which have at least one counted flight at **every** origin;
#    - the weight of a common carrier is its share of the counted flights of all common carriers,
#      all origins together, so the weights sum to 1;
#    - the adjusted rate of an origin is the sum, over the common carriers, of its weight
#      times its late rate at that origin.
#
#    No common carrier, or no counted flight: `{}`.

# %% locked=true
example_questions = small("""
    year  month  day  hour  carrier  origin  dest  dep_time  arr_delay
    2013  2      8    6     K2       AAA     XXX   605       40
    2013  2      8    6     K2       AAA     XXX   610       5
    2013  2      8    6     Q5       AAA     YYY   600       15
    2013  2      8    7     K2       BBB     YYY   700       16
    2013  2      8    7     Q5       BBB     XXX   -         -
    2013  2      9    7     Q5       BBB     XXX   725       -10
    2013  2      9    7     Q5       BBB     XXX   720       30
    2013  2      9    9     Q5       AAA     YYY   -         -
    2013  2      10   9     W3       AAA     XXX   901       120
    2013  2      10   9     K2       AAA     XXX   915       -
""")


# %% task="questions.late_chart"
def late_chart(flights):
    """Return a figure of late rates in percent, one bar for each of the busiest carriers."""
    ### BEGIN SOLUTION
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["carrier"])
    carriers = late.agg(["size", "mean"]).reset_index()
    busy = carriers.sort_values(["size", "carrier"], ascending=[False, True]).head(8)
    busy = busy.sort_values(["mean", "carrier"], ascending=[False, True])
    fig, ax = plt.subplots()
    ax.bar(busy["carrier"], 100 * busy["mean"])
    ax.set(title="Late flights by carrier", xlabel="carrier", ylabel="late flights (%)")
    return fig
    ### END SOLUTION


# %% check="questions.late_chart"
figure = late_chart(example_questions)
assert len(figure.axes) == 1, f"a Figure with one chart is asked for, yours has {len(figure.axes)}"
chart = figure.axes[0]
bars = [bar for group in chart.containers for bar in group.patches]
got = [round(float(bar.get_height()), 2) for bar in bars]
assert got == [100.0, 66.67, 33.33], (
    f"W3 has 1 of 1 late, K2 2 of 3, Q5 1 of 3: your bars are {got}"
)
got = [label.get_text() for label in chart.get_xticklabels()]
assert got == ["W3", "K2", "Q5"], f"the ticks under your bars say {got}"
assert "%" in chart.get_ylabel(), (
    f"the vertical axis says {chart.get_ylabel()!r}: where is the unit?"
)
assert "carrier" in chart.get_xlabel().lower(), f"the horizontal axis says {chart.get_xlabel()!r}"
assert len(chart.get_title()) > 0, "the chart has no title"
### BEGIN HIDDEN TESTS
import hidden

hidden.question_late_chart(late_chart)
### END HIDDEN TESTS


# %% task="questions.late_by_hour"
def late_by_hour(flights):
    """Return hour, flights and late_rate of the counted flights."""
    ### BEGIN SOLUTION
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["hour"])
    return late.agg(flights="size", late_rate="mean").reset_index()
    ### END SOLUTION


# %% check="questions.late_by_hour"
assert_table(
    late_by_hour(example_questions),
    pd.DataFrame({"hour": [6, 7, 9], "flights": [3, 3, 1], "late_rate": [1 / 3, 2 / 3, 1.0]}),
    by=["hour"],
)
### BEGIN HIDDEN TESTS
import hidden

hidden.question_late_by_hour(late_by_hour)
### END HIDDEN TESTS


# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    """Return (day as text, share cancelled) of the worst day, or None."""
    ### BEGIN SOLUTION
    days = flights["dep_time"].isna().groupby([flights[c] for c in ("year", "month", "day")])
    days = days.agg(["size", "mean"])
    shares = days.loc[days["size"] >= min_flights, "mean"]
    if shares.empty:
        return None
    year, month, day = shares.idxmax()  # the first of equals, and groupby sorts by day
    return f"{year:04d}-{month:02d}-{day:02d}", shares.max()
    ### END SOLUTION


# %% check="questions.worst_day"
answer = worst_day(example_questions, 3)
assert isinstance(answer, tuple), f"a tuple is asked for: {answer!r}"
assert len(answer) == 2, f"a tuple of two is asked for: {answer!r}"
assert answer[0] == "2013-02-09", (
    f"of the days with 3 flights or more 9 February is worst: {answer}"
)
assert same_value(answer[1], 1 / 3), f"1 of 3 flights was cancelled on that day: {answer}"
answer = worst_day(example_questions, 6)
assert answer is None, f"no day has 6 flights, so None is asked for: {answer!r}"
### BEGIN HIDDEN TESTS
import hidden

hidden.question_worst_day(worst_day)
### END HIDDEN TESTS


# %% task="questions.top_routes"
def top_routes(flights, k):
    """Return the k busiest routes as (origin, dest, flights)."""
    ### BEGIN SOLUTION
    counts = flights.groupby(
        ["origin", "dest"]
    ).size()  # in alphabetical order, which sorted() keeps
    return sorted(((*route, n) for route, n in counts.items()), key=lambda route: -route[2])[:k]
    ### END SOLUTION


# %% check="questions.top_routes"
answer = top_routes(example_questions, 3)
assert isinstance(answer, list), f"a list is asked for, this is {type(answer).__name__}"
assert answer == [("AAA", "XXX", 4), ("BBB", "XXX", 3), ("AAA", "YYY", 2)], f"yours: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.question_top_routes(top_routes)
### END HIDDEN TESTS


# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    """Return {origin: late rate adjusted for the mix of carriers}."""
    ### BEGIN SOLUTION
    counted = flights.dropna(subset="arr_delay")
    rates = (counted["arr_delay"] > 15).groupby([counted["carrier"], counted["origin"]]).mean()
    rates = rates.unstack().dropna()
    if rates.empty:
        return {}
    weights = counted["carrier"].value_counts().reindex(rates.index)
    return rates.mul(weights / weights.sum(), axis=0).sum().to_dict()
    ### END SOLUTION


# %% check="questions.adjusted_late_rate"
# Counted flights: AAA has K2 (1 of 2 late), Q5 (0 of 1), W3; BBB has K2 (1 of 1), Q5 (1 of 2).
# Common carriers are K2 and Q5 with 3 counted flights each, so both weights are 1/2.
answer = adjusted_late_rate(example_questions)
answer = {origin: answer[origin] for origin in answer}
assert set(answer) == {"AAA", "BBB"}, f"one entry for each origin is asked for, yours: {answer}"
assert same_value(answer["AAA"], 1 / 4), f"AAA: 1/2 * 1/2 + 1/2 * 0 is 1/4, yours: {answer}"
assert same_value(answer["BBB"], 3 / 4), f"BBB: 1/2 * 1 + 1/2 * 1/2 is 3/4, yours: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.question_adjusted_late_rate(adjusted_late_rate)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6 · findings · 10 points · 14 minutes
#
# *Purpose: a number without its uncertainty and its rows is a rumour.*
#
# ### `findings(tables)`: 6 points
#
# Return a list of five dicts, one for each claim, in any order:
#
# | `claim` | kind | value |
# |---|---|---|
# | `"cancelled"` | share | cancelled flights, among all flights |
# | `"late"` | share | late flights, among the counted flights |
# | `"no_plane"` | share | flights for which `planes` has no row (no tail number included), among all flights |
# | `"late_evening_minus_morning"` | difference | late rate of flights with `hour` 17 or later, minus late rate of those with `hour` 11 or earlier |
# | `"no_tailnum_cancelled_minus_flown"` | difference | share without a tail number among the cancelled flights, minus the same share among the flights that were not cancelled |
#
# The keys of each dict are `"claim"`, `"value"`, `"low"`, `"high"` and `"rows"`.
#
# - **First leave out the duplicate rows of `flights`** (as in task 4: rows that agree in everything
#   except `row_id` are one flight) and nothing else: rows with other faults stay. A plane that
#   stands twice in `planes` does not make a flight count twice.
# - `rows` is the number of flights used: for a share the flights among which it is taken, for a
#   difference those of both sides together. For a late rate only counted flights are used.
# - `low` and `high` are the ends of a 95 % interval: `value - 1.96 * se` and `value + 1.96 * se`, not
#   clipped, where for a share `p` of `n` flights `se = sqrt(p * (1 - p) / n)`, and for a difference
#   `se = sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)`.
# - Every share is taken among at least one flight; you need not guard against empty groups.
#
# Points are in proportion to the number of claims in which all four numbers are right.

# %% locked=true
example_findings = {
    "flights": small("""
        row_id  year  hour  time_hour          carrier  tailnum  origin  dest  dep_time  arr_delay
        1       2013  6     2013-05-01T10:00Z  K2       N1       AAA     XXX   600       20
        2       2013  7     2013-05-01T11:00Z  K2       N7       AAA     XXX   700       0
        3       2013  8     2013-05-01T12:00Z  Q5       -        AAA     YYY   -         -
        4       2013  17    2013-05-01T21:00Z  Q5       N1       AAA     XXX   1700      90
        5       2013  18    2013-05-01T22:00Z  Q5       N1       AAA     XXX   1800      16
        6       2013  18    2013-05-01T22:00Z  Q5       N1       AAA     XXX   1800      16
        7       2013  19    2013-05-01T23:00Z  K2       N2       AAA     YYY   1900      -9
        8       2013  8     2013-05-01T12:00Z  K2       N2       AAA     XXX   -         -
    """).assign(  # and the other columns, which no claim needs
        month=5,
        day=1,
        flight=1,
        sched_dep_time=600,
        sched_arr_time=700,
        dep_delay=0.0,
        arr_time=700.0,
        air_time=60.0,
        distance=300,
    ),
    "planes": example_join["planes"],
    "weather": example_join["weather"].assign(humid=50.0),
    "airports": example_join["airports"],
    "airlines": example_join["airlines"],
}


# %% task="findings"
def findings(tables):
    """Return five claims as dicts: claim, value, low, high, rows."""
    ### BEGIN SOLUTION
    flights = tables["flights"]
    flights = flights[~flights.duplicated(flights.columns.difference(["row_id"]))]
    late = flights["arr_delay"][flights["arr_delay"].notna()] > 15
    cancelled = flights["dep_time"].isna()
    no_tailnum = flights["tailnum"].isna()
    hour = flights["hour"][late.index]

    def claim(name, plus, minus=None):
        sides = [plus] if minus is None else [plus, minus]
        p, n = [side.mean() for side in sides], [len(side) for side in sides]
        value = p[0] - sum(p[1:])
        se = sum(q * (1 - q) / m for q, m in zip(p, n, strict=True)) ** 0.5
        return {
            "claim": name, "value": value, "low": value - 1.96 * se, "high": value + 1.96 * se,
            "rows": sum(n),
        }  # fmt: skip

    known = tables["planes"]["tailnum"].dropna()
    return [
        claim("cancelled", cancelled),
        claim("late", late),
        claim("no_plane", ~flights["tailnum"].isin(known)),
        claim("late_evening_minus_morning", late[hour >= 17], late[hour <= 11]),
        claim("no_tailnum_cancelled_minus_flown", no_tailnum[cancelled], no_tailnum[~cancelled]),
    ]
    ### END SOLUTION


# %% check="findings.claims"
wanted = {  # value, half of the interval's width, and rows of the worked example
    "cancelled": (2 / 7, 0.33466, 7),
    "late": (3 / 5, 0.42941, 5),
    "no_plane": (2 / 7, 0.33466, 7),
    "late_evening_minus_morning": (2 / 3 - 1 / 2, 0.87451, 5),
    "no_tailnum_cancelled_minus_flown": (1 / 2 - 0, 0.69296, 7),
}
claims = list(findings(example_findings))
names = [claim["claim"] for claim in claims]
assert sorted(names) == sorted(wanted), f"each of the five claims is asked for once, yours: {names}"
for claim in claims:
    value, half, rows = wanted[claim["claim"]]
    assert same_value(claim["value"], value), (
        f"{claim['claim']}: value {claim['value']}, not {value}"
    )
    assert claim["rows"] == rows, f"{claim['claim']}: you used {claim['rows']} rows, not {rows}"
    for end, bound in (("low", value - half), ("high", value + half)):
        assert abs(claim[end] - bound) < 1e-4, (
            f"{claim['claim']}: {end} is {claim[end]}, not {bound:.4f}"
        )
### BEGIN HIDDEN TESTS
import hidden

hidden.findings_score(findings, points=6)
### END HIDDEN TESTS

# %% [markdown]
# ### A memo: 4 points, read by a person
#
# Run your functions on the public tables in the free cell below, draw a chart if you like, and then write
# to the team that owns the dashboard, in English (**at most 120 words**) or Korean (**500자 이내**, 공백 포함):
#
# 1. What should be repaired first? Think of a dashboard made from these tables, with delays by
#    carrier, by aircraft age or by weather, say: which number on it comes out wrong because of that
#    fault? Name the table, and at least one number of your own from the public tables.
# 2. Which of your five claims would you trust least, and why? Give a reason that lies in *this* data.
#
# | question | 0 points | 1 point | 2 points |
# |---|---|---|---|
# | what to repair | no fault of these tables | a real fault | a real fault, a number of your own, and what it makes wrong |
# | what to trust least | no claim, or no reason | a reason that would hold in any data | a reason that lies in these data |
#
# A number from any correct look at the tables will do. A memo that is much too long, above 150 words or 600자, loses 1
# of its points.

# %%
# Free cell: numbers and charts for your memo. Nothing in this cell is graded by itself.

# %% [markdown] task="findings.memo"
# **Reference.** Repair `planes` first. It has no row for 16 % of the 20,102 rows of `flights`, and 89 % of
# those fly for two carriers. So delays by aircraft age describe the other carriers: 94 % of K7's flights and
# 71 % of R6's are not in them, and no repair of the dashboard helps until those two give us tail numbers.
# (82 flights are entered twice, which adds only 0.4 % to every count.)
# I trust *late* least. Three storm days (8, 9 and 20 February) hold 341 of 753 cancellations, and a
# cancelled flight has no arrival delay: the worst days drop out of the late rate, so it is too low. Its
# interval treats flights of one day as independent although one storm delays them all, so it is too narrow.
#
# **Rubric, question 1 (what to repair first)**
#
# - **0**: no fault of these data. *"The data quality is bad and outliers should be removed, then the
#   dashboard will be right."*
# - **1 (half)**: a real fault, but no number of the candidate's own, or no number on a dashboard that
#   comes out wrong. *"There are 82 duplicate flights in `flights`; they should be dropped."*
# - **2 (full)**: a real fault, its table, a number that fits the public tables, and which number on such a
#   dashboard it makes wrong. *"`planes` has no row for 16 % of flights, nearly all of two carriers, so
#   delay by aircraft age describes the other carriers only."* Any fault will do, also one outside our
#   tasks, if its effect is right. Calling the storms or long delays errors: at most 1.
#
# **Rubric, question 2 (which claim to trust least)**
#
# - **0**: none named, or a reason that fits every number. *"The late rate, because data can be wrong."*
# - **1 (half)**: a claim and a reason that is right but would be so in any data. *"No tail number among
#   the cancelled: few flights are cancelled, so its interval is wide."*
# - **2 (full)**: a claim and a reason that lies in these data: flights of a day are not independent
#   (storms), three days hold nearly half of the cancellations, cancelled flights leave the late rate,
#   carriers are mixed with origins or hours, tail numbers are not missing at random. *"Evening minus
#   morning: carriers differ between morning and evening, so part of the difference is the carrier."*
#
# More than 150 words or 600 Korean characters: 1 point off, not below 0. Language and spelling do not count.
