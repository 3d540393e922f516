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
# # A first model, and how sure we are of it
#
# **A session of 90 minutes · 100 points · six tasks**
#
# > 특성 파이프라인은 깨끗합니다. 이제 첫 모델을 내놓을 차례입니다. 여러분은 오류의 비용을 정하고, 재현 가능하게 학습하고,
# > 얼마나 확신할 수 있는지 구간으로 말하고, 모델이 무엇을 쓰는지 설명하고, 정직하게 개선합니다. 모두 끝낼 것을 기대하지
# > 않습니다. ★ 표시가 있는 핵심 과제부터 시작하세요.
#
# A colleague has built a clean table of features, each row as of two hours before departure. You ship the
# first model that says whether a flight will land more than 15 minutes late. Your team lead asks three things:
# what does it save us, how sure are you, and what does it look at?
#
# | task | what you write | points | minutes |
# |---|---|---|---|
# | | *reading as far as task 1* | | 6 |
# | 1 ★ | `cost_per_flight` and `baseline`: what errors cost | 10 | 8 |
# | 2 ★ | `train`: a model that anyone can make again | 15 | 16 |
# | 3 ★ | `mean_interval` and a calibration chart | 20 | 18 |
# | 4 | `forward_folds` and `past_mean`: validation that never looks ahead | 20 | 18 |
# | 5 | `importance`, `effect` and a chart: what the model uses | 15 | 15 |
# | 6 | `compare`, `pick` and `improve`: better, within ten fits | 20 | 30 |
#
# ★ is the **core: 45 points in about 48 minutes**; begin there. Minutes include reading the task. All
# six take about 111 minutes, so **nobody is expected to finish**. The tasks do not depend on each other:
# each is graded on inputs that we supply, and you may do them in any order.
#
# ## Rules
#
# - Use Python, its standard library, pandas, NumPy, SciPy, scikit-learn, and Matplotlib or seaborn. In
#   grading there is no network; `np.quantile?` shows documentation.
# - Write where a cell says `# YOUR CODE HERE`; keep the names of functions and parameters. Add cells
#   and helper functions wherever you like.
# - Run the **visible checks** under each task: they test one small worked example. Grading runs the
#   notebook from top to bottom and then calls your functions on **other data of the same shape**:
#   other months and codes, simulated flights, rows and columns in another order. A typed-in result earns
#   nothing.
# - Each part of a task has its own check and its own points. **A part whose visible check fails earns
#   nothing.** What is tested only in grading is marked so.
# - A cell that raises an error or runs longer than 45 seconds costs only what needs that cell; one left
#   as `# YOUR CODE HERE` does no harm. All cells together, your own included, may take 150 seconds.
# - To hand in, save this notebook under its own name, then do as `README.md` beside its folder says. There
#   is no pass mark.
#
# ## Words that hold in every task
#
# - `late` is 1 if a flight landed more than 15 minutes late, otherwise 0. It is never missing.
# - A **forecast** is the probability, from 0 to 1, that a flight is late.
# - The **Brier score** of forecasts is the mean of `(forecast - late) ** 2`; lower is better.
# - A **day** is the local date of departure, a timestamp at midnight without a time zone. Flights of one day
#   share weather and trouble, so they are *not* independent; different days are taken to be.
# - **Missing** means NaN or None. **Rows are in no order**; so are columns, and there may be columns that you
#   do not need. The **index** of a table is unique but may be any: *same index* means that row for row what
#   you return has the index of the row it belongs to, in the order of the input.
# - **Do not change your arguments**: after a call they are as before.
# - `seed` is a whole number. **The same arguments give the same result, to the last bit**, whatever ran
#   before. Draw from a generator of your own (`np.random.default_rng(seed)`, `random_state=seed`).
#
# ## The feature table
#
# One row is one flight that landed. All features were known two hours before departure.
#
# | columns | what they are |
# |---|---|
# | `flight_id`, `day` | unique; the local date of departure |
# | `carrier`, `origin`, `dest`, `aircraft` | codes, as text; `aircraft` has hundreds of values |
# | `hour`, `weekday`, `planned_minutes`, `distance` | the schedule: local hour, Monday is 0, minutes, miles |
# | `temp`, `wind_speed`, `precip`, `visib`, `pressure` | the latest weather reading at the origin; can be missing |
# | `late_rate` | share of late landings among the origin's flights of the last 24 hours; can be missing |
# | `last_delay` | minutes that the aircraft's last flight landed late (negative: early); can be missing |
# | `late` | the label: 1 or 0 |

# %% locked=true
import io
import random

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

SCHEDULE = ["hour", "weekday", "planned_minutes", "distance"]
NUMBERS = [*SCHEDULE, "temp", "wind_speed", "precip", "visib", "pressure"]
NUMBERS += ["late_rate", "last_delay"]


def small(text):
    """Make a small table from text; `-` is a missing value."""
    frame = pd.read_csv(io.StringIO(text), sep=r"\s+", na_values=["-"])
    if "day" in frame:
        frame["day"] = pd.to_datetime(frame["day"])
    return frame


# %% locked=true side="candidate"
features = pd.read_csv("data/features.csv", parse_dates=["day"])


def random_state():
    """What the shared random generators of Python and NumPy would draw next."""
    return repr(random.getstate()), repr(np.random.get_state(legacy=False))


features.shape

# %%
# Look around here. Nothing in this cell is graded.
features.head()

# %% [markdown]
# ## Task 1 ★ · what errors cost · 10 points · 8 minutes
#
# *Purpose: choose the measure from the money, before any model.*
#
# With a forecast the team either **warns** about a flight or does not. Being silent about a flight that is
# late costs `missed` (rebooking); a warning about a flight that is on time costs `alarm` (idle staff). The two
# other outcomes cost 0. Both costs are positive numbers in dollars.
#
# ### `cost_per_flight(forecast, late, missed, alarm)`: 6 points
#
# `forecast` and `late` are two NumPy arrays of the same length. The team warns where a warning has the **lower
# expected cost** if the forecast is right; at a tie it does not warn. Return a NumPy array: what each flight cost
# in the end.
#
# With `missed` 30 and `alarm` 10: a flight with forecast 0.4 that is on time costs 10. Silence would
# cost 0.4 · 30 = 12 on average and a warning 0.6 · 10 = 6, so there was a warning, and it was wrong.


# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    ### BEGIN SOLUTION
    warned = forecast * missed > (1 - forecast) * alarm
    return np.where(late == 1, np.where(warned, 0, missed), np.where(warned, alarm, 0))
    ### END SOLUTION


# %% [markdown]
# Cost of each flight: 6 points. Tested only in grading: other costs, ties (with forecasts of 0.25 and 0.5, where
# rounding plays no part), no flights at all.

# %% check="cost.flights"
forecast, late = np.array([0.4, 0.4, 0.2, 0.2, 0.25]), np.array([0, 1, 0, 1, 1])
answer = [float(cost) for cost in cost_per_flight(forecast, late, 30, 10)]
assert answer == [10, 0, 0, 30, 30], f"missed 30, alarm 10: {answer}; the last flight is a tie"
### BEGIN HIDDEN TESTS
import hidden

hidden.cost_per_flight(cost_per_flight)
### END HIDDEN TESTS

# %% [markdown]
# ### `baseline(late_before, late_after, missed, alarm)`: 4 points
#
# The dumbest rule treats all flights alike: it warns about **all** or about **none**. Choose on the labels
# `late_before` (whichever has the lower total cost; at a tie none), then apply it to the labels `late_after`. Both are
# NumPy arrays with at least one label. Return a dict: `"warn"`, True or False, and `"cost"`, the mean cost of a flight
# of `late_after` in dollars.
#
# With `late_before` 1, 1, 0, `late_after` 0, 0, 1, 0, `missed` 30 and `alarm` 10 it warns about all (10 is less
# than 60), and that costs 3 · 10 / 4 = 7.5.


# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""
    ### BEGIN SOLUTION
    warn = bool((late_before == 0).sum() * alarm < (late_before == 1).sum() * missed)
    cost = (late_after == 0).mean() * alarm if warn else (late_after == 1).mean() * missed
    return {"warn": warn, "cost": float(cost)}
    ### END SOLUTION


# %% [markdown]
# Baseline: 4 points.

# %% check="cost.baseline"
answer = baseline(np.array([1, 1, 0]), np.array([0, 0, 1, 0]), 30, 10)
assert bool(answer["warn"]) is True, f"before, 10 is less than 60: {answer}"
assert abs(answer["cost"] - 7.5) < 1e-9, f"after, it costs 7.5 for each flight: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.baseline(baseline)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2 ★ · `train(rows, config, seed)` · 15 points · 16 minutes
#
# *Purpose: a model that a colleague can make again from its configuration, and that survives production.*
#
# `rows` is a feature table. `config` is a dict with two entries:
#
# - `"columns"`: the features to use, numeric or text columns of `rows`, at least one. No other column may matter.
# - `"share"`: the share of the rows to learn from, above 0 and at most 1. Below 1, draw about that many rows at
#   random **by `seed`**, without repeating any; at 1 use all.
#
# Fit any classifier you like and return an object with a method `predict(rows)`: it returns a one-dimensional
# NumPy array of forecasts, one for each row, in the same order. A small class of your own around a scikit-learn
# pipeline is fine.
#
# - The rows to learn from have both labels, dozens of each. `predict` gets tables without `late`, or with labels that
#   are wrong.
# - A numeric column has a numeric dtype, also where it is missing throughout, which can happen in `train` and in
#   `predict` (not every classifier of scikit-learn takes such a column). All other columns are text.
# - A text column may be missing in places in `train`; in `predict` it may be missing throughout, and have values
#   that `train` has not seen.
# - A text column may have hundreds of values, many of them in one row only. It must not make forecasts for later
#   days much worse.
# - A row's forecast does not depend on the other rows given to `predict`.


# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    ### BEGIN SOLUTION
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    columns = list(config["columns"])
    rows = rows.sample(frac=config["share"], random_state=seed)
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(rows[c])]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    pipeline = make_pipeline(
        make_column_transformer((codes, texts), remainder="passthrough"),
        RandomForestClassifier(random_state=seed),
    )
    pipeline.fit(rows[columns], rows["late"])

    class Model:
        def predict(self, rows):
            return pipeline.predict_proba(rows[columns])[:, 1]

    return Model()
    ### END SOLUTION


# %% [markdown]
# The same again: 5 points. Two trainings with the same arguments must agree to the last bit. Tested only in grading:
# with a share below 1 other seeds do not agree, and the shared generators of `random` and `np.random` are left as
# they were.

# %% check="train.same"
config = {"columns": ["hour", "late_rate", "carrier"], "share": 0.5}
part = features.head(600)
one, two = (train(part, config, seed).predict(part.head(5)) for seed in (3, 3))
assert isinstance(one, np.ndarray), f"predict returns a NumPy array, not {type(one).__name__}"
assert one.shape == (5,), f"five rows, five forecasts: yours has shape {one.shape}"
assert ((one >= 0) & (one <= 1)).all(), f"forecasts are probabilities: {one}"
assert one.tolist() == two.tolist(), f"the same seed, and {one} is not {two}"
### BEGIN HIDDEN TESTS
import hidden

hidden.train_same(train, random_state)
### END HIDDEN TESTS

# %% [markdown]
# Other inputs: 5 points. Tested only in grading: all that is said about `predict` and about columns above, and
# arguments unchanged.

# %% check="train.inputs"
config = {"columns": ["hour", "temp", "carrier"], "share": 1.0}
strange = features.head(3).drop(columns="late").assign(carrier="none such", temp=np.nan)
for what, temp in (("in places", features["temp"].head(600)), ("throughout", np.nan)):
    answer = train(features.head(600).assign(temp=temp), config, 0).predict(strange)
    assert answer.shape == (3,), f"three rows, three forecasts: yours has shape {answer.shape}"
    assert not np.isnan(answer).any(), f"temp is missing {what} in train: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.train_inputs(train)
### END HIDDEN TESTS

# %% [markdown]
# Quality: 5 points. In grading your model learns from some months with all features and a text column that tells
# nothing, and forecasts later days, in three sets of months. Points grow with its AUC, as a mean of the three: from 0.5
# (0 points) to 60 % of the way to what a plain model of ours reaches (all points).

# %% check="train.quality"
answer = train(features.head(600), {"columns": NUMBERS, "share": 1.0}, 0).predict(
    features.head(600)
)
assert np.std(answer) > 0, "all flights have the same forecast"
### BEGIN HIDDEN TESTS
import hidden

hidden.train_quality(train, points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3 ★ · how sure are we · 20 points · 18 minutes
#
# *Purpose: a number without an interval is a rumour.*
#
# ### `mean_interval(loss, day, seed)`: 12 points
#
# `loss` is a NumPy array with one number for each flight (its cost, say), `day` an array of the same
# length with each flight's day (`datetime64`). There are at least 20 different days, with different numbers of flights.
#
# Return a dict of three floats: `"mean"`, the mean loss of a flight, and `"low"` and `"high"`, a **90 % interval** for the
# mean loss over all flights of many more days of the same kind. The flights of one day are not independent, so whole
# days are what was sampled. How you make the interval is up to you: draw days with replacement, or use the variance
# between days (then `seed` is not needed).
#
# In grading, on 100 simulated sets of 40 days: your interval must cover the truth at most 10 times less often than a
# plain one of ours, made by drawing days, and its width must be from 0.8 to 1.3 times ours. Both ways named above do. Your function is called about 250 times with some 1000 flights, and has 45 seconds for all of
# that: add up by day first, then draw. A few hundred draws are enough.


# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    ### BEGIN SOLUTION
    mean = float(np.mean(loss))
    _, place = np.unique(day, return_inverse=True)
    daily = np.bincount(place, weights=loss - mean)  # what each day adds to the deviation
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(loss)
    return {"mean": mean, "low": mean - half, "high": mean + half}
    ### END SOLUTION


# %% [markdown]
# Interval: 12 points. The visible check has 20 days of 1 to 3 flights; within a day all losses are equal.

# %% check="evaluate.interval"
sizes = np.arange(20) % 3 + 1
days = np.repeat(np.datetime64("2013-05-01") + np.arange(20), sizes)
losses = np.repeat(np.arange(20) % 5, sizes).astype(float)
answer = mean_interval(losses, days, 0)
assert abs(answer["mean"] - losses.mean()) < 1e-9, f"the mean of all flights: {answer}"
assert answer["low"] < answer["mean"] < answer["high"], f"low, mean and high: {answer}"
width = answer["high"] - answer["low"]
assert 0.7 < width < 1.5, f"drawing days gives a width of about 1.1 here; yours is {width:.2f}"
### BEGIN HIDDEN TESTS
import hidden

hidden.mean_interval(mean_interval)
### END HIDDEN TESTS

# %% [markdown]
# ### `plot_calibration(forecast, late)`: 8 points
#
# When the model says 30 %, are 30 % late? `forecast` and `late` are two NumPy arrays of the same length. Sort the
# flights into ten bins of forecasts: from 0 up to but not including 0.1, from 0.1 up to 0.2, and so on; the last
# holds 1.0 too. Return a matplotlib `Figure` with one chart and two lines:
#
# - one labelled `model` with a point for each bin that has **at least 20 flights**, from left to right: x is the mean
#   forecast of its flights and y the share of them that was late, **both in percent**;
# - one labelled `perfect` from (0, 0) to (100, 100).
#
# There is a legend. The horizontal label contains `forecast` and `%`, the vertical one `late` and `%`.


# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    ### BEGIN SOLUTION
    place = np.minimum((10 * forecast).astype(int), 9)
    table = pd.DataFrame({"forecast": forecast, "late": late}).groupby(place)
    points = 100 * table.mean()[table.size() >= 20]
    fig, ax = plt.subplots()
    ax.plot([0, 100], [0, 100], "--", label="perfect")
    ax.plot(points["forecast"], points["late"], "o-", label="model")
    ax.set(xlabel="mean forecast (%)", ylabel="flights that were late (%)")
    ax.legend()
    return fig
    ### END SOLUTION


# %% [markdown]
# Chart: 8 points. The example has three bins, one of them with 19 flights. Tested only in grading: forecasts of 0, 0.5
# and 1, other bins of 19 and 20 flights.

# %% check="evaluate.chart"
forecast = np.repeat([0.12, 0.18, 0.55, 0.83], [10, 10, 19, 40])
late = np.concatenate([np.ones(5), np.zeros(15), np.ones(19), np.ones(30), np.zeros(10)]).astype(
    int
)
figure = plot_calibration(forecast, late)
assert len(figure.axes) == 1, f"a Figure with one chart is asked for, yours has {len(figure.axes)}"
chart = figure.axes[0]
lines = {
    line.get_label(): [
        (round(float(x), 6), round(float(y), 6))
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    for line in chart.get_lines()
}
assert lines == {"model": [(15, 25), (83, 75)], "perfect": [(0, 0), (100, 100)]}, (
    f"model goes through (15, 25) and (83, 75), perfect from (0, 0) to (100, 100): {lines}"
)
labels = chart.get_xlabel().lower(), chart.get_ylabel().lower()
for label, word in zip(labels, ["forecast", "late"], strict=True):
    assert word in label, f"an axis says {label!r}, without the word {word!r}"
    assert "%" in label, f"an axis says {label!r}, without its unit"
assert chart.get_legend() is not None, "the legend is absent"
### BEGIN HIDDEN TESTS
import hidden

hidden.calibration_chart(plot_calibration)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4 · validate forward in time · 20 points · 18 minutes
#
# *Purpose: a validation that makes the same forecast as production: from the past, for days to come.*
#
# ### `forward_folds(day, n_folds, gap_days)`: 12 points
#
# `day` is a NumPy array of days (`datetime64`), one for each flight, in no order. `n_folds` is 1 or more, `gap_days`
# a whole number, 0 or more. There are at least `n_folds + 1` different days.
#
# Sort the different days and cut them into `n_folds + 1` blocks of consecutive days of equal size; where that
# does not come out even, the first blocks have one day more. (`np.array_split` does just that.) The first block is only
# for training; each other block is the test of one fold. Return a list of `n_folds` pairs `(train, test)` in the
# order of time, each two NumPy arrays of **positions** in `day`, ascending:
#
# - `test`: all flights of the block's days;
# - `train`: all flights with a day more than `gap_days` days before the first day of the block. With a gap of 0 that
#   is every day before the block; with a gap of 1 the day just before it is left out. A gap counts days of the
#   calendar, also those without flights. `train` can be empty.


# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    ### BEGIN SOLUTION
    folds = []
    for block in np.array_split(np.unique(day), n_folds + 1)[1:]:
        test = np.flatnonzero((day >= block[0]) & (day <= block[-1]))
        train = np.flatnonzero(day < block[0] - np.timedelta64(gap_days, "D"))
        folds.append((train, test))
    return folds
    ### END SOLUTION


# %% [markdown]
# Folds: 12 points. The example has five days, 1, 2, 3, 5 and 6 May, two folds and a gap of 1: the blocks are
# 1 and 2 May, 3 and 5 May, 6 May.

# %% check="folds.forward"
days = np.array([5, 1, 6, 3, 2, 1, 5]) - 1 + np.datetime64("2013-05-01")
answer = forward_folds(days, 2, 1)
got = [([int(i) for i in train], [int(i) for i in test]) for train, test in answer]
wanted = [([1, 5], [0, 3, 6]), ([1, 3, 4, 5], [2])]
assert got == wanted, f"pairs of positions: the example has {wanted}, yours has {got}"
### BEGIN HIDDEN TESTS
import hidden

hidden.forward_folds(forward_folds)
### END HIDDEN TESTS

# %% [markdown]
# ### `past_mean(rows, column, prior, weight)`: 8 points
#
# How often was this carrier late? A feature that says so must not know the flight's own label. `rows` is a feature
# table, `column` one of its text columns, `prior` a number from 0 to 1, `weight` a positive number. Return a Series with the
# same index as `rows`. For a flight on day *d* whose column has the value *v*, take the flights of `rows` with the value *v*
# on days **before** *d*, `n` of them, of which `k` were late:
#
# `(k + weight * prior) / (n + weight)`
#
# So it is `prior` if there are none, and also where the value of the column is missing.

# %% locked=true
example_rows = small("""
    day         carrier  late
    2013-05-02  K2       1
    2013-05-01  K2       1
    2013-05-02  K2       0
    2013-05-03  K2       0
    2013-05-03  Q5       1
    2013-05-04  -        1
""").set_index(pd.Index([7, 3, 9, 4, 5, 1]))


# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    ### BEGIN SOLUTION
    daily = rows.groupby([column, "day"])["late"].agg(["size", "sum"])
    before = daily.groupby(level=0).cumsum() - daily
    means = (before["sum"] + weight * prior) / (before["size"] + weight)
    keys = pd.MultiIndex.from_frame(rows[[column, "day"]])
    return pd.Series(means.reindex(keys).to_numpy(), rows.index).fillna(prior)
    ### END SOLUTION


# %% [markdown]
# Past mean: 8 points. In the example `prior` is 0.2 and `weight` 1: on 2 May K2 has one earlier flight, which was
# late, so both its flights have (1 + 0.2) / 2 = 0.6. Tested only in grading: any order of rows; one label is turned,
# and flights of that day and of earlier ones keep their values; a table without rows gives a Series without any.

# %% check="folds.past_mean"
answer = past_mean(example_rows, "carrier", 0.2, 1)
assert list(answer.index) == [7, 3, 9, 4, 5, 1], f"the index of the input: {list(answer.index)}"
got = [round(float(value), 6) for value in answer]
assert got == [0.6, 0.2, 0.6, 0.55, 0.2, 0.2], f"the example: 0.6, 0.2, 0.6, 0.55, 0.2, 0.2; {got}"
### BEGIN HIDDEN TESTS
import hidden

hidden.past_mean(past_mean)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5 · what the model uses · 15 points · 15 minutes
#
# *Purpose: say what drives the forecasts, measured on flights that the model has not seen.*
#
# `fit_forest` below trains a forest on numeric columns (missing values are fine). Given the same arguments it
# always gives the same forest. Use it as it is in this task and in task 6.

# %% locked=true
FITS = []


def fit_forest(rows, columns, **options):
    """Fit a forest to the numeric columns of a table with `late`; options as scikit-learn's.

    Forecasts for other rows are model.predict_proba(others[columns])[:, 1].
    """
    FITS.append(columns)
    options = {"n_estimators": 40, "min_samples_leaf": 3, "random_state": 0} | options
    return RandomForestClassifier(**options).fit(rows[columns], rows["late"])


# %% [markdown]
# ### `importance(train_rows, test_rows, columns, seed)`: 7 points
#
# `train_rows` and `test_rows` are two feature tables, `columns` a list of numeric columns of both. Train one forest by
# `fit_forest(train_rows, columns)`. The importance of a column is **how much the Brier score on `test_rows` rises when that column
# of `test_rows` is shuffled** (and the others stay), as a mean over 5 shuffles, drawn anew for each column or not. Return a Series of floats with
# `columns` as its index, in that order. It can be slightly negative.
#
# ### `effect(train_rows, test_rows, columns, column)`: 4 points
#
# Does the forecast rise or fall with `column`, which is one of `columns`, **if all else stays**? Train the forest as above.
# Let *low* and *high* be the 10 % and 90 % quantiles of `column` in `test_rows` (`Series.quantile`). Return the mean forecast for
# `test_rows` with `column` set to *high* in all rows, minus the mean forecast with it set to *low* in all rows.


# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    ### BEGIN SOLUTION
    model, rng = fit_forest(train_rows, columns), np.random.default_rng(seed)

    def brier(table):
        return ((model.predict_proba(table)[:, 1] - test_rows["late"]) ** 2).mean()

    rows = test_rows[columns]
    rises = {
        column: np.mean([
            brier(rows.assign(**{column: rng.permutation(rows[column])})) for _ in range(5)
        ]) - brier(rows)
        for column in columns
    }  # fmt: skip
    return pd.Series(rises)
    ### END SOLUTION


# %% task="interpret.effect"
def effect(train_rows, test_rows, columns, column):
    """Return the mean forecast with column high minus that with column low."""
    ### BEGIN SOLUTION
    model, rows = fit_forest(train_rows, columns), test_rows[columns]
    low, high = (
        model.predict_proba(rows.assign(**{column: rows[column].quantile(q)}))[:, 1].mean()
        for q in (0.1, 0.9)
    )
    return float(high - low)
    ### END SOLUTION


# %% [markdown]
# Importance: 7 points. Tested only in grading: columns that are pure noise must come out near 0, among simulated
# columns that matter.

# %% check="interpret.importance"
x = np.arange(200) % 2
train_rows = pd.DataFrame({"a": x, "b": 1.0, "late": x})
answer = importance(train_rows, train_rows.iloc[50:90], ["b", "a"], 0)
assert list(answer.index) == ["b", "a"], f"the index is columns: {list(answer.index)}"
assert float(answer["b"]) == 0, f"b is the same in all rows, shuffled or not: {answer['b']}"
assert 0.2 < float(answer["a"]) < 0.8, f"without a, half of the forecasts are wrong: {answer['a']}"
### BEGIN HIDDEN TESTS
import hidden

hidden.importance(importance, fit_forest)
### END HIDDEN TESTS

# %% [markdown]
# Effect: 4 points.

# %% check="interpret.effect"
x = np.arange(200) % 2
train_rows = pd.DataFrame({"a": 1 - x, "b": 1.0, "late": x})
answer = [effect(train_rows, train_rows.iloc[50:90], ["a", "b"], name) for name in ("a", "b")]
assert -1 <= answer[0] < -0.9, f"flights with a = 1 are never late, with a = 0 always: {answer[0]}"
assert answer[1] == 0, f"b is the same in all rows: {answer[1]}"
### BEGIN HIDDEN TESTS
import hidden

hidden.effect(effect, fit_forest)
### END HIDDEN TESTS

# %% [markdown]
# ### `plot_importance(importances)`: 4 points
#
# `importances` is a Series as above, with 1 to 40 columns in any order. Return a matplotlib `Figure` with one chart:
# **horizontal bars** for the columns with the **ten** largest importances (all, if there are fewer), the largest at the
# top. Each bar is as long as its importance, its tick on the vertical axis is the column's name, and the
# horizontal label contains `Brier`. No two importances are equal.


# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    ### BEGIN SOLUTION
    top = importances.nlargest(10).iloc[::-1]
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    ax.set_xlabel("rise of the Brier score when shuffled")
    return fig
    ### END SOLUTION


# %% [markdown]
# Chart: 4 points.

# %% check="interpret.chart"
figure = plot_importance(pd.Series({"temp": 0.01, "hour": 0.03, "visib": -0.002}))
assert len(figure.axes) == 1, f"a Figure with one chart is asked for, yours has {len(figure.axes)}"
chart = figure.axes[0]
ticks = {round(float(place)): label.get_text()
         for place, label in zip(chart.get_yticks(), chart.get_yticklabels(), strict=True)}  # fmt: skip
bars = {ticks.get(round(float(bar.get_y() + bar.get_height() / 2))): round(float(bar.get_width()), 6)
        for bar in chart.patches}  # fmt: skip
assert bars == {"hour": 0.03, "temp": 0.01, "visib": -0.002}, f"bars by their ticks: {bars}"
assert "brier" in chart.get_xlabel().lower(), f"the horizontal axis says {chart.get_xlabel()!r}"
### BEGIN HIDDEN TESTS
import hidden

hidden.importance_chart(plot_importance)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6 · better, within ten fits · 20 points · 30 minutes
#
# *Purpose: improve, show that it is an improvement, and do not fool yourself on the way.*
#
# ### `compare(loss_a, loss_b, day, seed)`: 5 points
#
# Two models made forecasts for **the same flights**; `loss_a`, `loss_b` and `day` are arrays as in task 3, flight
# for flight. Return a dict: `"difference"`, the mean of `loss_a - loss_b`; `"low"` and `"high"`, a 90 % interval for it by days, as in
# task 3; and `"better"`: `"a"` if `high` is below 0, `"b"` if `low` is above 0, otherwise `"unclear"`. A lower loss is better.
#
# ### `pick(losses, seed)`: 5 points
#
# `losses` has one row for each day of validation (20 or more, independent of each other, in the order of time) and one column for each
# of several models: its mean loss on that day. Return a dict: `"model"`, the column to ship, and `"expected"`, what you
# expect it to lose **on average on days to come**.
#
# The best of ten looks better than it is: part of its lead was luck. In grading `pick` is called for hundreds of
# simulated validations, whose truth we know. A model that is clearly better must be picked nine times in ten. And
# `expected`, averaged over the simulations, must be close to what the picked models really lose: at most 0.4 of the
# luck that the best of ten has when all are equally good, too low or too high. (One way that does: let a random half
# of the days choose, and let the other half say what the choice is worth.)


# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    ### BEGIN SOLUTION
    difference = loss_a - loss_b
    mean = float(np.mean(difference))
    _, place = np.unique(day, return_inverse=True)
    daily = np.bincount(place, weights=difference - mean)
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(difference)
    low, high = mean - half, mean + half
    better = "a" if high < 0 else "b" if low > 0 else "unclear"
    return {"difference": mean, "low": low, "high": high, "better": better}
    ### END SOLUTION


# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    ### BEGIN SOLUTION
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses.iloc[days[::2]], losses.iloc[days[1::2]]
    model = choosing.mean().idxmin()
    return {"model": model, "expected": float(judging[model].mean())}
    ### END SOLUTION


# %% [markdown]
# Compare: 5 points. Tested only in grading: two models that err on the same days, as models do, and two with the
# same losses.

# %% check="improve.compare"
days = np.repeat(np.datetime64("2013-05-01") + np.arange(20), 2)
loss_b = np.repeat(np.arange(20) % 5, 2).astype(float)
answer = compare(loss_b + 0.5, loss_b, days, 0)
assert abs(answer["difference"] - 0.5) < 1e-9, f"a loses 0.5 more on each flight: {answer}"
assert abs(answer["low"] - 0.5) < 1e-6, f"on every day the same difference, no spread: {answer}"
assert answer["better"] == "b", f"b loses less on every flight: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.compare(compare)
### END HIDDEN TESTS

# %% [markdown]
# Pick: 5 points.

# %% check="improve.pick"
losses = pd.DataFrame({"old": np.arange(20) % 2 + 1.0, "new": np.arange(20) % 2 + 0.5})
answer = pick(losses, 0)
assert answer["model"] == "new", f"new loses less on every day: {answer}"
assert 0.5 <= answer["expected"] <= 1.5, f"new loses 0.5 on some days and 1.5 on others: {answer}"
### BEGIN HIDDEN TESTS
import hidden

hidden.pick(pick)
### END HIDDEN TESTS

# %% [markdown]
# ### `improve(rows, cutoff, seed)`: 10 points
#
# `rows` is a feature table with labels throughout, `cutoff` one of its days, with weeks of flights before it. Return a Series of forecasts for the flights
# **on `cutoff` and later**, with their index, in the order in which they stand in `rows`. Learn from the flights **before**
# `cutoff` and choose among your attempts on them only, by days (for example the last third of them as validation).
#
# - Train **at most 10** models in one call, all by `fit_forest`. Its options are yours (leave out `n_jobs`: threads add up
#   in any order), and so are the columns: build new numeric ones from the table if you like. What you make of the
#   models' forecasts is free, too.
# - Tested only in grading: we rewrite the labels of the flights on `cutoff` and later, and **not one bit** of your
#   forecasts may change, or the part earns nothing.
# - In grading it is called five times with 3000 to 4500 rows of four months, and has 45 seconds for all of that.
# - Points grow with the Brier score on these days: 6 points in other months (the mean of three sets of them), and
#   4 for flights whose labels we simulate so that far more can be learnt from the features. What is best for one is
#   not best for the other: let the earlier days decide.
# - 0 points: no better than `fit_forest` without options on the four columns in `SCHEDULE`, or than one forecast for
#   all, the share that was late before `cutoff` (whichever of the two is better). All points: half of the way from
#   there to what a plain solution of ours reaches, and 70 % of the way with simulated labels.


# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    ### BEGIN SOLUTION
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    valid = before["day"] > before["day"].median()

    def brier(depth):
        model = fit_forest(before[~valid], NUMBERS, max_depth=depth)
        forecast = model.predict_proba(before.loc[valid, NUMBERS])[:, 1]
        return ((forecast - before.loc[valid, "late"]) ** 2).mean()

    best = min(range(1, 10), key=brier)
    model = fit_forest(before, NUMBERS, max_depth=best)
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], after.index)
    ### END SOLUTION


# %% locked=true side="candidate"
def fits_of_improve():
    """Call improve on part of the table: how many forests it trained, and its forecasts."""
    part, before = features.sort_values("flight_id").head(1500), len(FITS)
    forecasts = improve(part, pd.Timestamp(part["day"].quantile(0.7).date()), 0)
    return len(FITS) - before, forecasts


# %% [markdown]
# Forecast: 10 points.

# %% check="improve.forecast"
fits, forecasts = fits_of_improve()
assert fits <= 10, f"at most 10 fits are allowed, yours took {fits}"
assert isinstance(forecasts, pd.Series), f"a Series is asked for, not {type(forecasts).__name__}"
assert len(forecasts) > 0, "there is no forecast"
assert forecasts.between(0, 1).all(), "forecasts are probabilities, from 0 to 1"
### BEGIN HIDDEN TESTS
import hidden

hidden.improve(improve, fit_forest, points=10)
### END HIDDEN TESTS
