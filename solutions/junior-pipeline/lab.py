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
# # What is known two hours before departure
#
# **A session of 75 minutes · 100 points · six tasks**
#
# > 항공편이 15분 넘게 늦게 도착할지를 출발 두 시간 전에 예측하려고 합니다. 동료의 노트북에서는 AUC가 0.88이지만
# > 운영 환경에서는 아무것도 맞히지 못합니다. 그 순간에 알 수 없는 값을 썼기 때문입니다. 여러분은 그 순간에 알 수 있는
# > 것만 쓰는 특성 파이프라인을 만듭니다. 모두 끝내지 못하셔도 괜찮습니다. ★ 표시가 있는 핵심 과제부터 시작하세요.
#
# Two hours before a flight's scheduled departure you want to say whether it will land more than 15
# minutes late. A colleague's notebook shows an AUC of 0.88; in production it predicts nothing, for it used
# what nobody knows at that moment. You write the pipeline that uses only what is known.
#
# | task | what you write | points | minutes |
# |---|---|---|---|
# | | *reading as far as task 1* | | 7 |
# | 1 ★ | `facts` and `known_moments`: when each fact is known | 15 | 9 |
# | 2 ★ | `time_split` with a gap, and a chart of it | 10 | 10 |
# | 3 ★ | `build_features`: schedule and weather as of a moment | 25 | 19 |
# | 4 | `make_preprocessor`: numbers for any model | 20 | 15 |
# | 5 | `add_history`: recent lateness and the aircraft's last landing | 20 | 23 |
# | 6 | three leak tests | 10 | 16 |
#
# ★ is the **core: 50 points in about 45 minutes**; begin there. Minutes include reading the task. All
# six take about 99 minutes, so **nobody is expected to finish**. The tasks do not depend on each other:
# each is graded on inputs that we supply, and you may do them in any order.
#
# ## Rules
#
# - Use Python, its standard library, pandas, NumPy, scikit-learn, and Matplotlib or seaborn. In grading
#   there is no network; `pd.merge_asof?` shows documentation.
# - Write where a cell says `# YOUR CODE HERE`; keep the names of functions and parameters. Add cells
#   and helper functions wherever you like.
# - Run the **visible checks** under each task: they test one small worked example. Grading runs the
#   notebook from top to bottom and then calls your functions on **other data of the same shape**:
#   other months and codes, rows and columns in another order. A typed-in result earns nothing.
# - Each part of a task has its own check and its own points. **A part whose visible check fails earns
#   nothing.** What is tested only in grading is marked so.
# - A cell that raises an error or runs longer than 40 seconds costs only what needs that cell; one left
#   as `# YOUR CODE HERE` does no harm. All cells together, your own included, may take 120 seconds and
#   4 GB of memory. The largest tables in grading have 9000 flights and 6500 readings, as the files do.
# - To hand in, save this notebook under its own name, then do as `README.md` beside its folder says. There
#   is no pass mark.
#
# ## Words that hold in every task
#
# - **Missing** means NaN, None, NaT or `pd.NA`.
# - **Rows are in no order**; so are the columns of the tables you get, and there may be columns you do
#   not need. The **index** of a table is unique, without a name, but may be any: where a task says *same
#   index*, row for row what you return has the index of the row it belongs to, in the order of the input.
# - Columns have the **dtypes that `load` gives**, also in a table without rows, which is like `flights.head(0)`:
#   take columns of it, and its dtypes stay.
# - **Do not change your arguments**: after a call the tables that you were given are as before.
# - All moments are timestamps in **UTC**, in whole minutes. Local time is `America/New_York`.
# - Flags and numbers may be Python, NumPy or pandas numbers; a whole number may be stored as a float.
# - A flight is **late** if `arr_delay > 15`. A flight without `arr_delay` (cancelled or diverted) is
#   neither late nor on time: it has no label.
# - **As of** a moment `t`, a fact is *known* if it became known at `t` or before.
#
# ## What becomes known when
#
# | table | one row is | columns |
# |---|---|---|
# | `flights` | a scheduled departure | `flight_id` unique · `carrier`, `origin`, `dest` codes · `distance` miles · `sched_dep`, `sched_arr` scheduled moments of departure and arrival · `tailnum` the aircraft · `dep_delay`, `arr_delay` minutes, negative is early · `air_time` minutes |
# | `weather` | a reading at an origin | `origin` · `time` · `temp` °F · `humid` % · `wind_speed` mph · `precip` inches · `pressure` mbar · `visib` miles |
#
# - The **schedule** (`flight_id`, `carrier`, `origin`, `dest`, `distance`, `sched_dep`, `sched_arr`) is
#   known weeks before.
# - `dep_delay` is known from the moment the flight departs: `sched_dep` plus `dep_delay` minutes. For a
#   cancelled flight it is missing.
# - `arr_delay` and `air_time` are known from the moment it lands: `sched_arr` plus `arr_delay` minutes. If
#   `arr_delay` is missing, the flight never landed where it was to.
# - `tailnum` is known the evening before. But when a flight is cancelled the archive often loses its
#   aircraft: **that** a `tailnum` is missing becomes known only then, which can be after `sched_dep`.
# - A weather reading is known from its own `time` on. There is about one an hour for each origin, not always on
#   the hour; single values and whole readings can be missing. There is at most one for an origin and `time`.
# - In `flights`, the schedule is never missing; in `weather`, `origin` and `time`.

# %% locked=true
import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def load(name, folder="data"):
    """Read one of the two tables; its moments become UTC timestamps."""
    times = {"flights": ["sched_dep", "sched_arr"], "weather": ["time"]}[name]
    return pd.read_csv(f"{folder}/{name}.csv", parse_dates=times)


def small(text):
    """Make a small table from text; `-` is a missing value, moments are UTC."""
    frame = pd.read_csv(io.StringIO(text), sep=r"\s+", na_values=["-"])
    for column in frame.columns.intersection(["sched_dep", "sched_arr", "time", "as_of"]):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    return frame


def assert_columns(got, expected):
    """Compare columns with the worked example, row for row; more columns are ignored."""
    assert isinstance(got, pd.DataFrame), f"a DataFrame is asked for, this is {type(got).__name__}"
    absent = [column for column in expected if column not in got]
    assert not absent, f"these columns are absent: {absent}; yours are {list(got.columns)}"
    assert list(got.index) == list(expected.index), (
        f"the index of the input is {list(expected.index)}, yours is {list(got.index)}"
    )
    for column in expected:
        for row, want, have in zip(expected.index, expected[column], got[column], strict=True):
            both_missing = bool(pd.isna(want)) and bool(pd.isna(have))
            fits = not (pd.isna(want) or pd.isna(have)) and (
                abs(have - want) < 1e-9 if isinstance(want, float) else bool(have == want)
            )
            assert both_missing or fits, (
                f"row {row}, column {column!r}: yours is {have!r}, the worked example says {want!r}"
            )


# %% locked=true side="candidate"
flights, weather = load("flights"), load("weather")
flights.shape, weather.shape

# %%
# Look around here. Nothing in this cell is graded.
flights.head()

# %% [markdown]
# ## Task 1 ★ · when is it known? · 15 points · 9 minutes
#
# *Purpose: decide what may enter the model before you build anything.*
#
# ### `facts()`: 7 points
#
# A forecast for one flight is made at `sched_dep` minus 2 hours. Return a dict with all fourteen names of the
# table: `True` if **everything that the fact is computed from is known at that moment, whichever flight it is**,
# otherwise `False`. That there may be nothing to compute it from, such as no reading at all, does not matter.
# Do not guess: a wrong entry takes off what a right one gives (never below 0), `None` gives and takes nothing.
#
# | fact | what it is |
# |---|---|
# | `"hour"` | the local hour of `sched_dep` |
# | `"dep_delay"` | this flight's departure delay |
# | `"air_time"` | this flight's minutes in the air |
# | `"planned_minutes"` | `sched_arr` minus `sched_dep` |
# | `"no_tailnum"` | whether `tailnum` is missing in the archive |
# | `"temp_at_departure"` | the reading of the hour of `sched_dep` at the origin |
# | `"temp_as_of"` | the latest reading at the origin that is known at that moment |
# | `"departures_planned"` | how many flights are scheduled from this origin in the hour of `sched_dep` |
# | `"departures_flown"` | how many of those departed |
# | `"late_rate_yesterday"` | the late rate of the flights from this origin that landed on the UTC day before the day on which the forecast is made |
# | `"late_rate_month"` | the carrier's late rate in the calendar month of `sched_dep` |
# | `"landed_before"` | `arr_delay` of the flight from this origin that landed last before the moment of the forecast |
# | `"scheduled_before"` | `arr_delay` of the flight from this origin that is scheduled last before this one |
# | `"cancelled_share"` | the share of the flights from this origin scheduled to depart on the same UTC day that are cancelled |


# %% task="availability.facts"
def facts():
    """Return {fact: True, False or None}; all fourteen facts of the table."""
    ### BEGIN SOLUTION
    known = ["hour", "planned_minutes", "temp_as_of", "departures_planned"]
    known += ["late_rate_yesterday", "landed_before"]
    unknown = ["dep_delay", "air_time", "no_tailnum", "temp_at_departure", "departures_flown"]
    unknown += ["late_rate_month", "scheduled_before", "cancelled_share"]
    return dict.fromkeys(known, True) | dict.fromkeys(unknown, False)
    ### END SOLUTION


# %% [markdown]
# Facts: 7 points. The visible check sees only the form of your answer.

# %% check="availability.facts"
answer = facts()
answer = {fact: answer[fact] for fact in answer}
assert len(answer) == 14, f"fourteen facts are asked for, yours has {len(answer)}"
assert all(value in (True, False, None) for value in answer.values()), f"yours: {answer}"
assert "planned_minutes" in answer, f"the names are those of the table; yours: {sorted(answer)}"
### BEGIN HIDDEN TESTS
import hidden

hidden.facts_score(facts, points=7)
### END HIDDEN TESTS

# %% [markdown]
# ### `known_moments(flights)`: 8 points
#
# Return a DataFrame with the same index as `flights` and two columns of UTC timestamps:
# `departure_known`, from when `dep_delay` is known, and `arrival_known`, from when `arr_delay` is known; missing
# where that never happens.

# %% locked=true
example_flights = small("""
    flight_id  carrier  tailnum  origin  dest  distance  sched_dep          sched_arr          dep_delay  arr_delay  air_time
    1          K2       N1       AAA     XXX   500       2013-05-01T12:00Z  2013-05-01T14:00Z  10         20         100
    2          K2       N1       XXX     AAA   500       2013-05-01T15:00Z  2013-05-01T17:00Z  0          -15        95
    3          Q5       N2       AAA     YYY   300       2013-05-02T00:30Z  2013-05-02T02:00Z  95         90         60
    4          Q5       -        BBB     YYY   400       2013-05-02T13:00Z  2013-05-02T15:00Z  -          -          -
    5          K2       N1       AAA     XXX   500       2013-05-02T19:10Z  2013-05-02T21:10Z  5          -          -
""").set_index(pd.Index([7, 3, 9, 4, 5]))


# %% task="availability.moments"
def known_moments(flights):
    """Return departure_known and arrival_known of each flight, in UTC."""
    ### BEGIN SOLUTION
    return pd.DataFrame({
        f"{end}_known": flights[f"sched_{end[:3]}"]
        + pd.to_timedelta(flights[f"{end[:3]}_delay"], unit="min")
        for end in ("departure", "arrival")
    })  # fmt: skip
    ### END SOLUTION


# %% [markdown]
# Moments: 8 points. Tested only in grading: delays of more than a day, flights that are early, an empty
# table, arguments unchanged.

# %% check="availability.moments"
moments = [
    ["2013-05-01T12:10Z", "2013-05-01T14:20Z"], ["2013-05-01T15:00Z", "2013-05-01T16:45Z"],
    ["2013-05-02T02:05Z", "2013-05-02T03:30Z"], [None, None], ["2013-05-02T19:15Z", None],
]  # fmt: skip
expected = pd.DataFrame(moments, [7, 3, 9, 4, 5], ["departure_known", "arrival_known"])
assert_columns(
    known_moments(example_flights), expected.apply(lambda times: pd.to_datetime(times, utc=True))
)
### BEGIN HIDDEN TESTS
import hidden

hidden.known_moments(known_moments)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2 ★ · split by time · 10 points · 10 minutes
#
# *Purpose: test on days that come after everything the model has seen.*
#
# ### `time_split(flights, cutoff, gap_days)`: 6 points
#
# `cutoff` is a UTC timestamp, `gap_days` a number of days, 0 or more, perhaps not whole. Return a pair
# `(train, test)` of DataFrames: rows of `flights` with all their columns and their own index, in any order.
#
# - `train`: flights scheduled to depart **before** `cutoff` minus `gap_days` days;
# - `test`: flights scheduled to depart **at `cutoff` or after**;
# - in both only flights that have a label (`arr_delay` is present). The rest is in neither.
#
# With `example_flights` (task 1), `cutoff` 2 May 2013 00:30 UTC and a gap of half a day, `train` is flight 1
# and `test` is flight 3: flight 2 departs in the gap, 4 and 5 have no label.


# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    ### BEGIN SOLUTION
    labelled = flights[flights["arr_delay"].notna()]
    start = cutoff - pd.Timedelta(days=gap_days)
    return labelled[labelled["sched_dep"] < start], labelled[labelled["sched_dep"] >= cutoff]
    ### END SOLUTION


# %% [markdown]
# Rows: 6 points.

# %% check="time_split.rows"
train, test = time_split(example_flights, pd.Timestamp("2013-05-02T00:30Z"), 0.5)
got = [list(train["flight_id"]), list(test["flight_id"])]
assert got == [[1], [3]], f"train is flight 1 and test is flight 3, yours are {got}"
assert list(train.index) == [7], f"flight 1 has index 7, yours has {list(train.index)}"
absent = [column for column in example_flights if column not in test]
assert not absent, f"all columns are kept, these are absent: {absent}"
### BEGIN HIDDEN TESTS
import hidden

hidden.split_rows(time_split)
### END HIDDEN TESTS

# %% [markdown]
# ### `plot_split(train, test)`: 4 points
#
# `train` and `test` are two tables of labelled flights, neither of them empty. Return a matplotlib
# `Figure` with one chart: the **late rate in percent of each day** (the UTC date of `sched_dep`), one line
# for each table. Each line has one point for each date on which its table has a flight, in the order of
# time, and no other point; x is the date, in any form that Matplotlib draws as one. The lines are labelled `train` and `test` and there is a legend; the label of the
# horizontal axis contains the word `date`, that of the vertical axis `%`.


# %% task="time_split.chart"
def plot_split(train, test):
    """Return a figure with the daily late rate (%) of both tables."""
    ### BEGIN SOLUTION
    fig, ax = plt.subplots()
    for name, table in (("train", train), ("test", test)):
        rate = (table["arr_delay"] > 15).groupby(table["sched_dep"].dt.floor("D")).mean()
        ax.plot(rate.index, 100 * rate, label=name)
    ax.set(xlabel="date (UTC)", ylabel="late flights (%)")
    ax.legend()
    return fig
    ### END SOLUTION


# %% [markdown]
# Chart: 4 points.

# %% check="time_split.chart"
figure = plot_split(example_flights.iloc[:2], example_flights.iloc[[2]])
assert len(figure.axes) == 1, f"a Figure with one chart is asked for, yours has {len(figure.axes)}"
chart = figure.axes[0]
lines = {line.get_label(): [float(y) for y in line.get_ydata()] for line in chart.get_lines()}
assert lines == {"train": [50.0], "test": [100.0]}, (
    f"on 1 May one of two flights is late, on 2 May one of one; your lines are {lines}"
)
assert "date" in chart.get_xlabel().lower(), f"the horizontal axis says {chart.get_xlabel()!r}"
assert "%" in chart.get_ylabel(), f"the vertical axis says {chart.get_ylabel()!r}: the unit?"
assert chart.get_legend() is not None, "the legend is absent"
### BEGIN HIDDEN TESTS
import hidden

hidden.split_chart(plot_split)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3 ★ · `build_features(flights, weather, as_of)` · 25 points · 19 minutes
#
# *Purpose: one row of features for each flight, made of nothing that was unknown at its moment.*
#
# `as_of` is a Series of UTC timestamps with the same index as `flights`, in the same order: the moment at which
# the forecast for that flight is made. It is before `sched_dep`, and need not be 2 hours before.
#
# Return a DataFrame with the same index as `flights` and at least these columns:
#
# | column | what it is |
# |---|---|
# | `hour`, `weekday` | hour (0 to 23) and weekday (Monday is 0) of `sched_dep` in **local** time |
# | `planned_minutes` | `sched_arr` minus `sched_dep`, in minutes |
# | `carrier`, `origin` | as in `flights` |
# | `temp`, `wind_speed`, `precip`, `visib`, `pressure` | from **the latest reading** at the origin with `time` at `as_of` or before |
# | `weather_age` | minutes from that reading's `time` to `as_of` |
#
# - A reading older than **3 hours** (180 minutes are not older) is not used: then the five values and
#   `weather_age` are missing.
# - Take all five values from the same reading; what is missing in it stays missing.
# - Any further columns of your own, numbers or text, are welcome if they are known at `as_of`. They are
#   not needed for full points.

# %% locked=true
example_weather = small("""
    origin  time               temp  humid  wind_speed  precip  pressure  visib
    AAA     2013-05-01T09:00Z  40.0  50     5.0         0.0     1010.0    10.0
    AAA     2013-05-01T10:00Z  41.0  50     6.0         0.1     -         9.0
    AAA     2013-05-01T11:00Z  42.0  50     7.0         0.2     1012.0    8.0
    XXX     2013-05-01T12:00Z  60.0  50     8.0         0.0     1013.0    7.0
    BBB     2013-05-02T07:59Z  70.0  50     9.0         0.0     1014.0    6.0
""")
example_as_of = example_flights["sched_dep"] - pd.Timedelta(hours=2)


# %% task="build_features"
def build_features(flights, weather, as_of):
    """Return the features of each flight as of its own moment."""
    ### BEGIN SOLUTION
    local = flights["sched_dep"].dt.tz_convert("America/New_York")
    features = pd.DataFrame({
        "hour": local.dt.hour,
        "weekday": local.dt.day_of_week,
        "planned_minutes": (flights["sched_arr"] - flights["sched_dep"]) / pd.Timedelta(minutes=1),
        "carrier": flights["carrier"],
        "origin": flights["origin"],
    })  # fmt: skip
    moments = pd.DataFrame({"origin": flights["origin"], "as_of": as_of})
    moments["place"] = range(len(moments))
    values = ["temp", "wind_speed", "precip", "visib", "pressure"]
    found = pd.merge_asof(
        moments.sort_values("as_of"), weather[["origin", "time", *values]].sort_values("time"),
        left_on="as_of", right_on="time", by="origin", tolerance=pd.Timedelta(hours=3),
    ).sort_values("place")  # fmt: skip
    found["weather_age"] = (found["as_of"] - found["time"]) / pd.Timedelta(minutes=1)
    found.index = flights.index
    return features.join(found[[*values, "weather_age"]])
    ### END SOLUTION


# %% [markdown]
# Values: 8 points. Tested only in grading: readings at the bounds, an `as_of` that differs from flight to
# flight, a carrier or origin never seen.

# %% check="build_features.values"
expected = pd.DataFrame({
    "hour": [8, 11, 20, 9, 15], "weekday": [2, 2, 2, 3, 3],
    "planned_minutes": [120.0, 120.0, 90.0, 120.0, 120.0],
    "carrier": ["K2", "K2", "Q5", "Q5", "K2"], "origin": ["AAA", "XXX", "AAA", "BBB", "AAA"],
    "temp": [41.0, 60.0, None, None, None], "wind_speed": [6.0, 8.0, None, None, None],
    "pressure": [None, 1013.0, None, None, None], "weather_age": [0.0, 60.0, None, None, None],
}, index=example_flights.index)  # fmt: skip
assert_columns(build_features(example_flights, example_weather, example_as_of), expected)
### BEGIN HIDDEN TESTS
import hidden

hidden.feature_values(build_features)
### END HIDDEN TESTS

# %% [markdown]
# Tables without rows: 2 points. Without readings what comes from them is missing; without flights the result has
# no rows and the same columns.

# %% check="build_features.without_rows"
answer = build_features(example_flights, example_weather.head(0), example_as_of)
gone = pd.DataFrame({"hour": [8, 11, 20, 9, 15], "weather_age": [None] * 5}, example_flights.index)
assert_columns(answer, gone)
assert len(build_features(example_flights.head(0), example_weather, example_as_of.head(0))) == 0
### BEGIN HIDDEN TESTS
import hidden

hidden.features_without_rows(build_features)
### END HIDDEN TESTS

# %% [markdown]
# As of: 10 points. In grading we change everything that was unknown at `as_of` (readings, delays, which tail
# numbers are missing) and labels, add and leave out other flights, and mix rows and columns: **all** your
# columns must stay as they were, for every flight.

# %% check="build_features.as_of"
first = build_features(example_flights, example_weather, example_as_of)
changed = example_weather.assign(temp=99.0)[example_weather["time"] > example_as_of.iloc[0]]
kept = example_weather[example_weather["time"] <= example_as_of.iloc[0]]
again = build_features(example_flights.iloc[:1], pd.concat([kept, changed]), example_as_of.iloc[:1])
assert_columns(again, first.iloc[:1])
### BEGIN HIDDEN TESTS
import hidden

hidden.features_as_of(build_features)
### END HIDDEN TESTS

# %% [markdown]
# Quality: 5 points. In grading a model of ours learns from your features of some months and is tested on
# later days. Points grow with its AUC, from what the schedule alone gives (0 points) to what the columns
# of the table give (all points). An AUC that no honest feature reaches earns nothing.

# %% check="build_features.quality"
answer = build_features(example_flights, example_weather, example_as_of)
assert len(answer) == 5, f"five flights, five rows of features; yours has {len(answer)}"
### BEGIN HIDDEN TESTS
import hidden

hidden.feature_quality(build_features, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4 · `make_preprocessor(numeric, categories)` · 20 points · 15 minutes
#
# *Purpose: turn features into numbers, with what was learnt from the training rows and nothing else.*
#
# `numeric` and `categories` are two lists of column names, at least one in each; columns in `categories` are text. Return an object that is
# not fitted yet and has two methods. A scikit-learn pipeline will do, and so will a class of your own.
#
# - `fit(X)` learns from a DataFrame `X` of at least one row. It may be called again: then it forgets.
# - `transform(X)` returns a **two-dimensional NumPy array of floats** without any missing value, one row
#   for each row of `X`, in the same order.
#
# Its columns, from left to right:
#
# 1. each numeric column in the order of `numeric`; what is missing is replaced by the **median of the
#    values present in `fit`**, or by 0 if there were none. Nothing is scaled.
# 2. for each numeric column, in the same order, a flag: 1 if the value is missing in this row, otherwise 0.
#    Every numeric column has one, also where nothing was missing in `fit`.
# 3. for each column in `categories`, in that order, one column for each different value present in `fit`, sorted
#    as Python sorts text: 1 if the row has that value, otherwise 0. A value not seen in `fit`, or a missing one,
#    is 0 in all of them.
#
# Columns of `X` may be in any order, and other columns may stand between them.

# %% locked=true
example_train = small("""
    carrier  temp  pressure
    K2       40.0  1010.0
    Q5       50.0  1014.0
    K2       -     1011.0
    -        70.0  1020.0
""")
example_new = small("""
    pressure  extra  carrier  temp
    -         1      Q5       45.0
    1000.0    2      W3       -
""")


# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    ### BEGIN SOLUTION
    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].median().fillna(0)
            self.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
    ### END SOLUTION


# %% [markdown]
# Transform: 8 points. The worked example in full:

# %% check="make_preprocessor.transform"
prepare = make_preprocessor(["temp", "pressure"], ["carrier"])
prepare.fit(example_train)
answer = prepare.transform(example_new)
wanted = [[45.0, 1012.5, 0, 1, 0, 1], [50.0, 1000.0, 1, 0, 0, 0]]
assert isinstance(answer, np.ndarray), f"a NumPy array is asked for, not {type(answer).__name__}"
assert answer.tolist() == wanted, f"yours is {answer.tolist()}, the worked example says {wanted}"
### BEGIN HIDDEN TESTS
import hidden

hidden.preprocessor_transform(make_preprocessor)
### END HIDDEN TESTS

# %% [markdown]
# Unseen: 6 points. Tested only in grading: unknown and missing categories, a column that is missing throughout
# in `fit` or later, columns in another order.

# %% check="make_preprocessor.unseen"
prepare = make_preprocessor(["temp"], ["carrier"])
prepare.fit(example_train.assign(temp=np.nan))
answer = prepare.transform(example_new)
wanted = [[45.0, 0, 0, 1], [0, 1, 0, 0]]
assert answer.tolist() == wanted, f"without any temp in fit: yours is {answer.tolist()}"
### BEGIN HIDDEN TESTS
import hidden

hidden.preprocessor_unseen(make_preprocessor)
### END HIDDEN TESTS

# %% [markdown]
# Train only: 6 points. Tested only in grading: a row alone and the same row among others, other rows to
# transform, `fit` twice, two preprocessors side by side, arguments unchanged.

# %% check="make_preprocessor.train_only"
prepare = make_preprocessor(["temp", "pressure"], ["carrier"])
prepare.fit(example_train)
alone = prepare.transform(example_new.iloc[[1]])
assert alone.tolist() == [[50.0, 1000.0, 1, 0, 0, 0]], f"one row alone: {alone.tolist()}"
### BEGIN HIDDEN TESTS
import hidden

hidden.preprocessor_train_only(make_preprocessor)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5 · `add_history(flights, history, as_of)` · 20 points · 23 minutes
#
# *Purpose: what happened lately is the best forecast, if it had happened yet.*
#
# `flights` and `as_of` are as in task 3, but here `as_of` may be any moment, also after the flight departed.
# `history` has the columns of `flights`; it may hold the same flights, which count like any other, and later ones. A flight of `history` counts for a forecast if its **landing was known** in the 24 hours up to
# `as_of`: `arrival_known` (task 1) is later than `as_of` minus 24 hours, and is `as_of` or earlier.
#
# Return a DataFrame with the same index as `flights` and the columns
#
# - `landed`: how many flights **from the same origin** (`origin`, not `dest`) count;
# - `late_rate`: the share of them that were late, missing if there is none;
# - `last_delay`: `arr_delay` of the flight **of the same aircraft** (`tailnum`) that landed last, among those
#   that count, wherever it came from. Missing if there is none, or if the flight has no `tailnum`. No two flights
#   of an aircraft land in the same minute.


# %% task="add_history"
def add_history(flights, history, as_of):
    """Return landed, late_rate and last_delay of each flight as of its own moment."""
    ### BEGIN SOLUTION
    day = pd.Timedelta(hours=24)
    known = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    past = history.assign(known=known, late=history["arr_delay"] > 15).dropna(subset="known")
    past = past.sort_values("known")
    out = pd.DataFrame({"landed": 0, "late": 0, "last_delay": np.nan}, flights.index)
    for origin, group in past.groupby("origin"):
        rows = flights["origin"] == origin
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        late = np.concatenate([[0], group["late"].cumsum()])
        out.loc[rows, "landed"] = upto[1] - upto[0]
        out.loc[rows, "late"] = late[upto[1]] - late[upto[0]]
    for tailnum, group in past.groupby("tailnum"):
        rows = flights["tailnum"] == tailnum
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        delays = group["arr_delay"].to_numpy()[upto[1] - 1]
        out.loc[rows, "last_delay"] = np.where(upto[1] > upto[0], delays, np.nan)
    return out.assign(late_rate=out["late"] / out["landed"])
    ### END SOLUTION


# %% [markdown]
# At the origin (`landed`, `late_rate`): 9 points. In the worked example flights 3 and 5 from AAA and two others
# ask at moments of their own; flight 1 lands at 14:20 on 1 May, flight 3 at 03:30 on 2 May.

# %% check="add_history.origin"
moments = [
    "2013-05-01T14:19Z",
    "2013-05-01T14:20Z",
    "2013-05-02T03:30Z",
    "2013-05-02T11:00Z",
    "2013-05-02T14:20Z",
]
moments = pd.Series(pd.to_datetime(moments, utc=True), example_flights.index)
asking = example_flights.assign(origin=["AAA", "AAA", "AAA", "BBB", "AAA"])
expected = pd.DataFrame(
    {"landed": [0, 1, 2, 0, 1], "late_rate": [None, 1.0, 1.0, None, 1.0]}, example_flights.index
)
assert_columns(add_history(asking, example_flights, moments), expected)
### BEGIN HIDDEN TESTS
import hidden

hidden.history_origin(add_history)
### END HIDDEN TESTS

# %% [markdown]
# Of the aircraft (`last_delay`): 9 points. N1 lands at 14:20 and at 16:45 on 1 May, N2 at 03:30 on 2 May.
#
# For both parts, tested only in grading: `history` with flights that never landed, in any order and with
# any index; flights that overtake each other (scheduled earlier, landing later); a late change in what was not
# yet known.

# %% check="add_history.aircraft"
moments = [
    "2013-05-01T14:20Z",
    "2013-05-01T16:45Z",
    "2013-05-02T03:29Z",
    "2013-05-02T11:00Z",
    "2013-05-02T17:00Z",
]
moments = pd.Series(pd.to_datetime(moments, utc=True), example_flights.index)
expected = pd.DataFrame({"last_delay": [20.0, -15.0, None, None, None]}, example_flights.index)
assert_columns(add_history(example_flights, example_flights, moments), expected)
### BEGIN HIDDEN TESTS
import hidden

hidden.history_aircraft(add_history)
### END HIDDEN TESTS

# %% [markdown]
# Tables without rows: 2 points. Without a history nothing has landed; without flights the result has no rows and the
# same columns.

# %% check="add_history.without_rows"
moments, none = example_flights["sched_dep"], example_flights.head(0)
expected = pd.DataFrame({"landed": [0] * 5, "last_delay": [None] * 5}, example_flights.index)
assert_columns(add_history(example_flights, none, moments), expected)
assert len(add_history(none, example_flights, moments.head(0))) == 0
### BEGIN HIDDEN TESTS
import hidden

hidden.history_without_rows(add_history)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6 · three leak tests · 10 points · 16 minutes
#
# *Purpose: catch the next colleague's leak without reading their code.*
#
# A *builder* is somebody's function like `build_features`, whose `flights` and `weather` hold the whole archive.
# You test it from outside, by calling it twice and comparing.
#
# ### `change_future(flights, weather, now)`: 3 points
#
# `now` is a UTC timestamp. Return a pair `(flights, weather)` of tables with the same rows, order, index and columns, in
# which everything that was **not known at `now` is different**, and everything known is the same:
#
# - `dep_delay`, where it is not missing and the flight departed after `now`; `arr_delay` and `air_time`, where not
#   missing and the flight landed after `now`: another number, whichever you like;
# - `temp`, `humid`, `wind_speed`, `precip`, `pressure` and `visib`, where not missing, of readings with `time` after `now`:
#   another number.
#
# What is missing stays missing. `tailnum` stays. Judge what was known by the values you are given.


# %% task="leak_tests.change_future"
def change_future(flights, weather, now):
    """Return (flights, weather) in which all that was unknown at now is another number."""
    ### BEGIN SOLUTION
    departed, landed = (
        flights[f"sched_{end}"] + pd.to_timedelta(flights[f"{end}_delay"], unit="min")
        for end in ("dep", "arr")
    )

    def changed(table, columns, moments):
        later = moments > now  # what never happens is not later
        return table.assign(**{c: table[c].mask(later, table[c] + 50) for c in columns})

    flights = changed(flights, ["dep_delay"], departed)
    flights = changed(flights, ["arr_delay", "air_time"], landed)
    readings = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    return flights, changed(weather, readings, weather["time"])
    ### END SOLUTION


# %% [markdown]
# Change the future: 3 points.

# %% check="leak_tests.change_future"
now = pd.Timestamp("2013-05-01T14:19Z")
new_flights, new_weather = change_future(example_flights, example_weather, now)
changed = new_flights["dep_delay"] != example_flights["dep_delay"]
changed = list(new_flights["flight_id"][changed & example_flights["dep_delay"].notna()])
assert changed == [2, 3, 5], f"flights 2, 3 and 5 depart after 14:19, you changed {changed}"
changed = new_flights["arr_delay"] != example_flights["arr_delay"]
changed = list(new_flights["flight_id"][changed & example_flights["arr_delay"].notna()])
assert changed == [1, 2, 3], f"flights 1, 2 and 3 land after 14:19, you changed {changed}"
changed = list(new_weather.index[new_weather["temp"] != example_weather["temp"]])
assert changed == [4], f"only the reading of 2 May is after that, you changed {changed}"
### BEGIN HIDDEN TESTS
import hidden

hidden.change_future(change_future)
### END HIDDEN TESTS

# %% [markdown]
# ### `leaks(before, after, as_of, now)`: 4 points
#
# `before` and `after` are the features that a builder made before and after such a change: two DataFrames with the same
# index, `as_of` a Series with that index too, in the same order. Return True if a feature of some flight with `as_of` at
# `now` or earlier is different, otherwise False. (Later flights may differ: more was known to them.)
#
# ### `alone_differs(whole, alone)`: 3 points
#
# `whole` has the features of many flights, `alone` those of a few of them, built from a table with these few flights only. The
# rows of one flight have the same index in both. Return True if a feature of some flight in `alone` is
# different in `whole`, otherwise False.
#
# For both:
#
# - Columns may be in another order in the second table, and are numbers or text. A column that only one of the tables
#   has is a difference, whatever the rows.
# - Missing and missing are the same; missing and a value are not.
# - Numbers (none is infinite) are the same if they differ by at most 1e-9; summing in another order is no leak.


# %% task="leak_tests.leaks"
def leaks(before, after, as_of, now):
    """Return whether a feature that was made by now depends on what came later."""
    ### BEGIN SOLUTION
    by_now = as_of <= now
    return alone_differs(after[by_now], before[by_now])
    ### END SOLUTION


# %% task="leak_tests.alone_differs"
def alone_differs(whole, alone):
    """Return whether a flight's features depend on which other flights are in the table."""
    ### BEGIN SOLUTION
    if set(whole.columns) != set(alone.columns):
        return True
    whole = whole.loc[alone.index, alone.columns]
    for column in alone:
        a, b = whole[column], alone[column]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            equal = (a - b).abs() <= 1e-9
        else:
            equal = a == b
        if not (equal | (a.isna() & b.isna())).all():
            return True
    return False
    ### END SOLUTION


# %% [markdown]
# Leaks: 4 points. In grading: builders that are right and builders that leak, among them some that look
# right in most flights. A right builder that is called leaky costs the part.

# %% check="leak_tests.leaks"
before = pd.DataFrame({"temp": [1.0, 2.0, np.nan], "carrier": ["K2", "Q5", "W3"]})
times = pd.Series(pd.to_datetime(["2013-05-01", "2013-05-02", "2013-05-03"], utc=True))
today = pd.Timestamp("2013-05-02", tz="UTC")
cases = [
    (before, False),
    (before.assign(temp=[1.0, 2.0, 9.0]), False),
    (before.assign(temp=[1.0, 3.0, np.nan]), True),
]
for after, wanted in cases:
    answer = bool(leaks(before, after, times, today))
    assert answer == wanted, (
        f"temp was 1, 2, missing and is {list(after['temp'])}: you say {answer}"
    )
### BEGIN HIDDEN TESTS
import hidden

hidden.leaks(leaks)
### END HIDDEN TESTS

# %% [markdown]
# Alone: 3 points.

# %% check="leak_tests.alone_differs"
whole = pd.DataFrame({"rate": [0.5, 0.25, np.nan]}, index=[4, 8, 6])
cases = [(whole.loc[[6, 4]], False), (whole.loc[[8]].assign(rate=0.5), True)]
for alone, wanted in cases:
    answer = bool(alone_differs(whole, alone))
    assert answer == wanted, (
        f"whole {whole['rate'].to_dict()}, alone {alone['rate'].to_dict()}: {answer}"
    )
### BEGIN HIDDEN TESTS
import hidden

hidden.alone_differs(alone_differs)
### END HIDDEN TESTS
