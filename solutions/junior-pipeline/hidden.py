"""The hidden checks of junior-pipeline: one function for each check cell.

Owns what is right on data that the candidate has not seen, and the reasons that they read. Most
checks change something that must not matter and compare; where a value is asked for, it is computed
row by row, by code that shares nothing with the reference. Owns no data: that is ``data.py``.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import data
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OrdinalEncoder

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

Candidate = Callable[..., Any]
Frame = pd.DataFrame
DAY, HOUR, MINUTE = pd.Timedelta(days=1), pd.Timedelta(hours=1), pd.Timedelta(minutes=1)
OUTCOMES = ["dep_delay", "arr_delay", "air_time"]
READINGS = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]


@cache
def _tables(seed: int, rows: int = 3000) -> tuple[Frame, Frame]:
    return data.make(seed, rows, 1)


def _some(seed: int, n: int) -> tuple[Frame, Frame, pd.Series]:
    """``n`` flights with an odd index and mixed columns, the weather, moments of their own."""
    rng = np.random.default_rng([seed, 7])
    flights, weather = _tables(seed)
    flights = flights.iloc[rng.permutation(len(flights))[:n]]
    flights = flights[list(rng.permutation(flights.columns))]
    flights.index = pd.Index(rng.permutation(10 * n)[:n])
    before = pd.to_timedelta(rng.integers(30, 400, n), unit="min")
    return flights, weather, flights["sched_dep"] - before


def _landed(flight: Any) -> Any:
    if pd.isna(flight["arr_delay"]):
        return None
    return flight["sched_arr"] + flight["arr_delay"] * MINUTE


def _indexed(value: Any, columns: list[str], flights: Frame, what: str) -> Frame:
    got = checks.table(value, columns, what)
    require(
        list(got.index) == list(flights.index),
        f"{what}: 'the same index as flights', in its order: yours is another, on other data",
    )
    return got


# --- task 1 --------------------------------------------------------------------------------------

KNOWN = ["hour", "planned_minutes", "temp_as_of", "departures_planned", "late_rate_yesterday",
         "landed_before"]  # fmt: skip
UNKNOWN = ["dep_delay", "air_time", "no_tailnum", "temp_at_departure", "departures_flown",
           "late_rate_month", "scheduled_before", "cancelled_share"]  # fmt: skip


def facts_score(facts: Candidate, points: float) -> Earned:
    """Points by right entries less wrong ones."""
    given = mapping(facts(), "facts")
    truth = dict.fromkeys(KNOWN, True) | dict.fromkeys(UNKNOWN, False)
    require(set(given) == set(truth), "facts: the fourteen names of the table are asked for")
    right = sum(given[fact] is truth[fact] for fact in truth)
    wrong = sum(given[fact] is not None for fact in truth) - right
    earned = points * max(0, right - wrong) / len(truth)
    return Earned(
        earned, f"facts: {wrong} entries are wrong, {len(truth) - right - wrong} are open"
    )


def known_moments(known_moments: Candidate) -> None:
    """Both moments of flights that are early, late by more than a day, cancelled, diverted."""
    flights, _, _ = _some(seeds(1)[0], 400)
    odd = flights.head(3).assign(dep_delay=[1500.0, -20.0, 0.0], arr_delay=[1490.0, -40.0, np.nan])
    cases = [("other months", flights), ("odd delays", odd), ("no flights", odd[:0])]
    for what, given in inputs(cases):
        seen = call(known_moments, given)
        got = _indexed(seen.result, ["departure_known", "arrival_known"], given, "known_moments")
        for end in ("departure", "arrival"):
            off = 0
            for flight, moment in zip(given.to_dict("records"), got[f"{end}_known"], strict=True):
                delay = flight[f"{end[:3]}_delay"]
                want = None if pd.isna(delay) else flight[f"sched_{end[:3]}"] + delay * MINUTE
                off += not same(moment, want)
            require(off == 0, f"known_moments: {end}_known is not so for {off} flights, {what}")
        unchanged(given, seen.args[0], "known_moments")


# --- task 2 --------------------------------------------------------------------------------------


def split_rows(time_split: Candidate) -> None:
    """Rows by schedule and label at any cutoff and gap, the bounds included."""
    flights, _, _ = _some(seeds(1)[0], 600)
    planned = flights["sched_dep"].sort_values()
    exact = planned.iloc[350]
    cases = [
        ("other months", planned.iloc[300] + 7 * HOUR, 2),
        ("a flight exactly at the cutoff, and no gap", exact, 0),
        ("a flight exactly at the start of the gap", exact + 1.5 * DAY, 1.5),
        ("a cutoff before all flights", planned.iloc[0] - DAY, 3),
    ]
    for what, cutoff, gap in inputs(cases):
        labelled = flights[~flights["arr_delay"].isna()]
        moments = dict(zip(labelled["flight_id"], labelled["sched_dep"], strict=True))
        want = [
            [f for f in moments if moments[f] < cutoff - gap * DAY],
            [f for f in moments if not moments[f] < cutoff],
        ]
        seen = call(time_split, flights, cutoff, gap)
        pair = plain(seen.result)
        require(
            isinstance(pair, tuple | list) and len(pair) == 2,
            f"time_split: a pair (train, test) is asked for, given {what}",
        )
        for name, side, ids in zip(("train", "test"), pair, want, strict=True):
            got = checks.table(side, flights.columns, name)
            require(
                sorted(map(number, got["flight_id"])) == sorted(ids),
                f"time_split: {name} has {len(got)} flights that are not those of the text, given "
                f"{what}",
            )
            fits = flights.loc[list(got.index)] if set(got.index) <= set(flights.index) else None
            require(
                fits is not None
                and all(
                    same(a, b)
                    for column in flights
                    for a, b in zip(got[column], fits[column], strict=True)
                ),
                f"time_split: 'rows of flights with all their columns and their own index': not so "
                f"in {name}, given {what}",
            )
        unchanged(flights, seen.args[0], "time_split")


def split_chart(plot_split: Candidate) -> None:
    """Two labelled lines with the daily rates in percent, nothing where there is no flight."""
    flights, _, _ = _some(seeds(1)[0], 900)
    flights = flights.dropna(subset="arr_delay")
    day = flights["sched_dep"].dt.floor("D")
    dates = sorted(day.unique())
    train, test = flights[day < dates[12]], flights[(day >= dates[15]) & (day != dates[18])]
    seen = call(plot_split, train, test)
    drawn = figures.read(seen.result, "plot_split: what it returns").axes
    require(len(drawn) == 1, f"plot_split: one chart is asked for, yours has {len(drawn)}")
    (chart,) = drawn
    require(
        "date" in chart.xlabel.lower() and "%" in chart.ylabel,
        "plot_split: the label of an axis lacks 'date' or '%'",
    )
    require(
        {"train", "test"} <= set(chart.legend), "plot_split: the legend does not name both lines"
    )
    for name, table in (("train", train), ("test", test)):
        lines = [line for line in chart.lines if line.label == name]
        require(len(lines) == 1, f"plot_split: {len(lines)} lines are labelled {name}, not one")
        (line,) = lines
        counts: dict[Any, list[int]] = {}
        for moment, delay in zip(table["sched_dep"], table["arr_delay"], strict=True):
            count = counts.setdefault(moment.date(), [0, 0])
            count[0] += 1
            count[1] += delay > 15
        want = [100 * counts[date][1] / counts[date][0] for date in sorted(counts)]
        require(
            len(line.y) == len(want),
            f"plot_split: 'one point for each date on which its table has a flight': {len(line.y)} "
            f"points for {len(want)} dates in {name}",
        )
        require(
            bool(np.all(np.diff(line.x) > 0)),
            f"plot_split: the points of {name} are not 'in the order of time'",
        )
        require(
            bool(np.allclose(line.y, want, rtol=0, atol=1e-6)),
            f"plot_split: {name} is not the late rate in percent of each day",
        )
    for table, after in zip((train, test), seen.args, strict=True):
        unchanged(table, after, "plot_split")


# --- task 3 --------------------------------------------------------------------------------------

FEATURES = ["hour", "weekday", "planned_minutes", "carrier", "origin", "temp", "wind_speed",
            "precip", "visib", "pressure", "weather_age"]  # fmt: skip


def _want_features(flights: Frame, weather: Frame, as_of: pd.Series) -> list[dict[str, Any]]:
    readings: dict[str, list[dict[str, Any]]] = {}
    for reading in weather.to_dict("records"):
        readings.setdefault(reading["origin"], []).append(reading)
    rows = []
    for flight, moment in zip(flights.to_dict("records"), as_of, strict=True):
        local = flight["sched_dep"].tz_convert("America/New_York")
        at_hand = [
            r
            for r in readings.get(flight["origin"], [])
            if moment - 3 * HOUR <= r["time"] <= moment
        ]
        last = max(at_hand, key=lambda r: r["time"], default=None)
        rows.append(
            {name: last[name] if last else None for name in FEATURES[5:10]}
            | {
                "hour": local.hour,
                "weekday": local.weekday(),
                "planned_minutes": (flight["sched_arr"] - flight["sched_dep"]).total_seconds() / 60,
                "carrier": flight["carrier"],
                "origin": flight["origin"],
                "weather_age": (moment - last["time"]).total_seconds() / 60 if last else None,
            }
        )
    return rows


def feature_values(build_features: Candidate) -> None:
    """The named columns on other data and at the bounds."""
    flights, weather, as_of = _some(seeds(1)[0], 250)
    strange = flights.assign(carrier="ZZ", origin="ZZX")
    third = len(flights) // 3
    # Readings exactly at the moment, exactly 3 hours before it, and a minute older.
    bounds = flights.head(3).assign(origin=["Q1", "Q2", "Q3"])
    edges = weather.head(3).assign(
        origin=bounds["origin"].to_numpy(),
        time=[as_of.iloc[0], as_of.iloc[1] - 180 * MINUTE, as_of.iloc[2] - 181 * MINUTE],
    )
    cases = [
        ("other months", flights, weather, as_of),
        ("readings at the bounds", bounds, edges, as_of.head(3)),
        ("few readings", flights, weather.iloc[::5], as_of),
        ("a carrier and origin never seen", strange[:third], weather, as_of[:third]),
    ]
    _feature_values(build_features, cases)


def features_without_rows(build_features: Candidate) -> None:
    """The named columns without readings and without flights."""
    flights, weather, as_of = _some(seeds(1)[0], 250)
    cases = [
        ("no readings at all", flights[:20], weather.head(0), as_of[:20]),
        ("no flights", flights.head(0), weather, as_of.head(0)),
    ]
    _feature_values(build_features, cases)


def _feature_values(
    build_features: Candidate, cases: list[tuple[str, Frame, Frame, pd.Series]]
) -> None:
    for what, fl, we, moments in inputs(cases):
        want = _want_features(fl, we, moments)
        seen = call(build_features, fl, we, moments)
        got = _indexed(seen.result, FEATURES, fl, "build_features")
        for column in FEATURES:
            off = sum(not same(a, row[column]) for a, row in zip(got[column], want, strict=True))
            require(
                off == 0,
                f"build_features: {column} is not as the table says for {off} of {len(want)} "
                f"flights, given {what}",
            )
        unchanged(
            {"flights": fl, "weather": we},
            dict(zip(("flights", "weather"), seen.args[:2], strict=True)),
            "build_features",
        )


def _bytes(frame: Frame, rows: Any, columns: list[str]) -> list[Any]:
    """Cells row by row: floats by their bits, so that nothing is rounded away."""
    cells: list[Any] = []
    for column in columns:
        for value in frame[column].loc[rows]:
            missing = np.ndim(value) == 0 and bool(pd.isna(value))
            cells.append(None if missing else value.hex() if isinstance(value, float) else value)
    return cells


def features_as_of(build_features: Candidate) -> None:
    """Nothing that was unknown, no label and no other flight changes a feature."""
    flights, weather, as_of = _some(seeds(1)[0], 200)
    # The whole archive around them, so that a column made of all rows has something to change.
    rng = np.random.default_rng(seeds(2)[1])
    base = _indexed(
        plain(build_features(flights, weather, as_of)), FEATURES, flights, "build_features"
    )
    columns = list(base.columns)

    def again(what: str, fl: Frame, we: Frame, moments: pd.Series, rows: Any) -> None:
        got = _indexed(plain(build_features(fl, we, moments)), columns, fl, "build_features")
        for column in columns:
            require(
                _bytes(got, rows, [column]) == _bytes(base, rows, [column]),
                f"build_features: {what}, and a feature changes although nothing that was known at "
                "as_of did",
            )

    # One moment for all: readings after it are other readings, or are gone.
    everyone = flights.index
    late = flights["arr_delay"] > 15
    flipped = flights.assign(arr_delay=flights["arr_delay"].where(late, 90.0).mask(late, -5.0))
    again("labels are turned", flipped, weather, as_of, everyone)
    one = everyone[: len(everyone) // 2]
    again("the labels of some flights are turned",
          flights.assign(arr_delay=flights["arr_delay"].mask(flights.index.isin(one), 300.0)),
          weather, as_of, everyone)  # fmt: skip
    other = flights.assign(**{c: rng.normal(60, 30, len(flights)).round() for c in OUTCOMES})
    again("delays are others", other, weather, as_of, everyone)
    again("all flights are cancelled",
          flights.assign(**dict.fromkeys(OUTCOMES, np.nan), tailnum=None), weather, as_of,
          everyone)  # fmt: skip
    again("tail numbers are kept that were lost", flights.assign(tailnum="T1"), weather, as_of,
          everyone)  # fmt: skip
    for quantile in (0.3, 0.7):
        now = as_of.quantile(quantile)
        rows = as_of.index[as_of <= now]
        future = weather["time"] > now
        noise = weather.assign(**{c: weather[c] + 40 for c in READINGS}).where(future, weather)
        again("readings after as_of are others", flights, noise, as_of, rows)
        again("readings after as_of are gone", flights, weather[~future], as_of, rows)
    order = rng.permutation(len(flights))
    again("rows and columns are mixed", flights.iloc[order][flights.columns[::-1]],
          weather.iloc[::-1][weather.columns[::-1]], as_of.iloc[order], everyone)  # fmt: skip
    few = everyone[:: len(everyone) // 8]
    for row in few:
        again(
            "a flight is alone in the table", flights.loc[[row]], weather, as_of.loc[[row]], [row]
        )


def _auc(train: Frame, test: Frame, y: pd.Series) -> float:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    text = [c for c in train if not pd.api.types.is_numeric_dtype(train[c])]
    sides = [side.astype(dict.fromkeys(text, object)) for side in (train, test)]
    if text:
        encoder.fit(sides[0][text].fillna("").astype(str))
    arrays = [
        np.column_stack([side.drop(columns=text).astype(float).to_numpy()]
                        + ([encoder.transform(side[text].fillna("").astype(str))] if text else []))
        for side in sides
    ]  # fmt: skip
    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=12, min_samples_leaf=60,
        l2_regularization=5.0, early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(arrays[0], y[train.index])
    return float(roc_auc_score(y[test.index], model.predict_proba(arrays[1])[:, 1]))


@dataclass(frozen=True)
class _Forecast:
    """Months on which features are tried: where to split, and what floor and reference reach."""

    flights: Frame
    weather: Frame
    as_of: pd.Series
    sides: tuple[pd.Series, pd.Series]
    late: pd.Series
    floor: float
    reference: float

    def auc(self, features: Frame) -> float:
        """AUC on the later days; the order of columns must not decide about it."""
        own = sorted(set(features) - set(FEATURES), key=str)
        known = [column for column in FEATURES if column in features]
        return _auc(*(features.loc[side, known + own] for side in self.sides), self.late)


@cache
def _forecast(seed: int) -> _Forecast:
    flights, weather = data.make(seed, 9000, 3)
    flights = flights[flights["arr_delay"].notna()]
    as_of = flights["sched_dep"] - 2 * HOUR
    cutoff = flights["sched_dep"].quantile(0.65)
    sides = flights["sched_dep"] < cutoff - DAY, flights["sched_dep"] >= cutoff
    made = _Forecast(flights, weather, as_of, sides, flights["arr_delay"] > 15, 0.0, 0.0)
    want = pd.DataFrame(_quick_features(flights, weather, as_of), index=flights.index)
    return replace(made, floor=made.auc(want[FEATURES[:5]]), reference=made.auc(want))


def feature_quality(build_features: Candidate, points: float) -> Earned:
    """Points by AUC on later days, between the schedule alone and the columns asked for."""
    # In some months the weather tells nothing new; there no features could be told apart.
    months = [_forecast(seed) for seed in seeds(1)]
    for seed in seeds(20)[1:]:
        if months[-1].reference - months[-1].floor >= 0.02:
            break
        months.append(_forecast(seed))
    case = max(months, key=lambda m: m.reference - m.floor)
    got = _indexed(
        plain(build_features(case.flights, case.weather, case.as_of)),
        FEATURES,
        case.flights,
        "build_features",
    )
    require(
        len(got.columns) <= 200, f"build_features: {len(got.columns)} columns are too many to read"
    )
    auc = case.auc(got)
    require(
        auc <= case.reference + 0.1,
        f"build_features: an AUC of {auc:.2f} on later days is more than honest features reach",
    )
    target = case.floor + 0.6 * (case.reference - case.floor)
    share = float(np.clip((auc - case.floor) / (target - case.floor), 0, 1))
    return Earned(points * share, f"build_features: an AUC of {auc:.3f} on later days")


def _quick_features(flights: Frame, weather: Frame, as_of: pd.Series) -> dict[str, Any]:
    """What the table asks for, fast: by searching in sorted arrays."""
    local = flights["sched_dep"].dt.tz_convert("America/New_York")
    out: dict[str, Any] = {
        "hour": local.dt.hour,
        "weekday": local.dt.day_of_week,
        "planned_minutes": (flights["sched_arr"] - flights["sched_dep"]) / MINUTE,
        "carrier": flights["carrier"],
        "origin": flights["origin"],
    } | {name: np.full(len(flights), np.nan) for name in FEATURES[5:]}
    for origin, readings in weather.sort_values("time").groupby("origin"):
        rows = (flights["origin"] == origin).to_numpy()
        place = readings["time"].searchsorted(as_of[rows], side="right") - 1
        age = (as_of[rows].to_numpy() - readings["time"].to_numpy()[place]) / np.timedelta64(1, "m")
        fresh = (place >= 0) & (age <= 180)
        for name in FEATURES[5:10]:
            out[name][rows] = np.where(fresh, readings[name].to_numpy()[place], np.nan)
        out["weather_age"][rows] = np.where(fresh, age, np.nan)
    return out


# --- task 4 --------------------------------------------------------------------------------------


def _features(seed: int, n: int = 120) -> Frame:
    """A feature table with gaps, in which categories are rare enough to be unseen at times."""
    rng = np.random.default_rng([seed, n])
    frame = pd.DataFrame(
        {
            "temp": rng.normal(50, 10, n).round(1),
            "wind": rng.integers(0, 30, n).astype(float),
            "age": rng.integers(0, 180, n),
            "carrier": rng.choice(["W3", "K2", "Q5", "A1"], n),
            "origin": rng.choice(["BBB", "AAA"], n),
            "other": rng.random(n),
        }
    )
    for column in ("temp", "wind", "carrier"):
        frame[column] = frame[column].mask(rng.random(n) < 0.2)
    return frame[list(rng.permutation(frame.columns))]


def _median(values: list[float]) -> float:
    values, n = sorted(values), len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2 if n else 0.0


def _want_matrix(
    train: Frame, rows: Frame, numeric: list[str], categories: list[str]
) -> list[list[float]]:
    present = {c: [v for v in train[c] if not pd.isna(v)] for c in numeric + categories}
    out = []
    for row in rows.to_dict("records"):
        missing = [bool(pd.isna(row[c])) for c in numeric]
        line = [
            float(_median(present[c]) if gone else row[c])
            for c, gone in zip(numeric, missing, strict=True)
        ] + [float(gone) for gone in missing]
        for c in categories:
            line += [float(bool(row[c] == value)) for value in sorted(set(present[c]))]
        out.append(line)
    return out


def _matrix(value: Any, want: list[list[float]], what: str) -> None:
    got = plain(value)
    require(
        isinstance(got, np.ndarray) and got.ndim == 2 and got.dtype.kind == "f",
        f"transform: 'a two-dimensional NumPy array of floats' is asked for, given {what}",
    )
    shape = (len(want), len(want[0]) if want else got.shape[1])
    require(
        got.shape == shape,
        f"transform: the array has shape {got.shape}, which is not rows by columns, given {what}",
    )
    require(not bool(np.isnan(got).any()), f"transform: values are missing, given {what}")
    off = sum(
        bool(np.any(np.abs(got[:, i] - [row[i] for row in want]) > 1e-9)) for i in range(shape[1])
    )
    require(off == 0, f"transform: {off} of {shape[1]} columns are not as listed, given {what}")


NUMERIC, CATEGORIES = ["temp", "age", "wind"], ["origin", "carrier"]


def preprocessor_transform(make_preprocessor: Candidate) -> None:
    """Medians, flags and one-hot columns in their places, for other columns in another order."""
    first, second = seeds(2)
    train, new = _features(first), _features(second)
    for numeric, categories in ((NUMERIC, CATEGORIES), (["wind"], ["carrier", "origin"])):
        want = _want_matrix(train, new, numeric, categories)
        prepare = make_preprocessor(numeric, categories)
        prepare.fit(train)
        _matrix(prepare.transform(new), want, "other rows than those of fit")
        _matrix(
            prepare.transform(train), _want_matrix(train, train, numeric, categories), "rows of fit"
        )


def preprocessor_unseen(make_preprocessor: Candidate) -> None:
    """Categories never seen or missing, columns missing throughout, mixed columns, one row."""
    train, new = (_features(seed) for seed in seeds(2))
    known = train[~train["carrier"].isin(["A1", "Q5"])]
    cases = [
        ("categories that fit has not seen", known, new),
        ("categories that are all missing later", train, new.assign(carrier=None)),
        ("a column that is missing throughout in fit", train.assign(wind=np.nan), new),
        ("a column that is missing throughout later", train, new.assign(temp=np.nan)),
        ("columns in another order", train, new[new.columns[::-1]].assign(more=1)),
        ("a single row in fit", train.dropna().head(1), new),
    ]
    for what, seen, later in inputs(cases):
        want = _want_matrix(seen, later, NUMERIC, CATEGORIES)
        prepare = make_preprocessor(NUMERIC, CATEGORIES)
        prepare.fit(seen)
        _matrix(prepare.transform(later), want, what)


def preprocessor_train_only(make_preprocessor: Candidate) -> None:
    """What is learnt comes from fit: other rows, order, a second fit and a twin do not matter."""
    train, new, third = (_features(seed) for seed in seeds(3))
    third = third.assign(carrier="of" + third["carrier"])
    want = _want_matrix(train, new, NUMERIC, CATEGORIES)
    prepare, twin = (make_preprocessor(NUMERIC, CATEGORIES) for _ in range(2))
    fitted = call(prepare.fit, train)
    unchanged(train, fitted.args[0], "fit")
    twin.fit(third)
    seen = call(prepare.transform, new)
    unchanged(new, seen.args[0], "transform")
    _matrix(seen.result, want, "a second preprocessor that learnt from other rows")
    for i in range(0, len(new), len(new) // 10):
        _matrix(prepare.transform(new.iloc[[i]]), [want[i]], "a row alone")
    _matrix(prepare.transform(new.iloc[::-1]), want[::-1], "rows in another order")
    shifted = new.assign(temp=new["temp"] + 500)
    prepare.transform(shifted)
    _matrix(prepare.transform(new), want, "other rows transformed before")
    twin.fit(train)
    _matrix(twin.transform(new), want, "fit for the second time, with other rows")


# --- task 5 --------------------------------------------------------------------------------------


def _want_history(flights: Frame, history: Frame, as_of: pd.Series) -> list[dict[str, Any]]:
    landings = [(_landed(h), h) for h in history.to_dict("records")]
    landings = [(moment, h) for moment, h in landings if moment is not None]
    landings.sort(key=lambda pair: pair[0])
    moments = [moment for moment, _ in landings]
    rows = []
    for flight, now in zip(flights.to_dict("records"), as_of, strict=True):
        recent = landings[bisect_right(moments, now - DAY) : bisect_right(moments, now)]
        here = [h["arr_delay"] > 15 for _, h in recent if h["origin"] == flight["origin"]]
        same_plane = [
            (m, h["arr_delay"])
            for m, h in recent
            if not pd.isna(flight["tailnum"]) and h["tailnum"] == flight["tailnum"]
        ]
        last = max(same_plane, key=lambda pair: pair[0], default=None)
        rows.append(
            {
                "landed": len(here),
                "late_rate": sum(here) / len(here) if here else None,
                "last_delay": last[1] if last else None,
            }
        )
    return rows


def _overtaking() -> tuple[Frame, Frame, pd.Series]:
    """Flights that land in another order than planned, at the bounds of the 24 hours."""
    start = pd.Timestamp("2013-07-10T12:00Z")
    plan = [(0, 60, 300), (60, 120, 5), (120, 180, -10), (600, 660, 900), (700, 760, 30)]
    history = pd.DataFrame(
        {
            "flight_id": range(1, 6),
            "carrier": "K2",
            "tailnum": ["N1", "N1", "N1", "N1", None],
            "origin": ["AAA", "AAA", "BBB", "AAA", "AAA"],
            "dest": "XXX",
            "distance": 100,
            "sched_dep": [start + a * MINUTE for a, _, _ in plan],
            "sched_arr": [start + b * MINUTE for _, b, _ in plan],
            "dep_delay": 0.0,
            "arr_delay": [float(d) for _, _, d in plan],
            "air_time": 50.0,
        }
    )
    landings = [start + (b + d) * MINUTE for _, b, d in plan]
    asked = [m + extra for m in landings for extra in (-MINUTE, 0 * MINUTE, DAY - MINUTE, DAY)]
    flights = pd.DataFrame(
        {"tailnum": ["N1", None] * 10, "origin": ["AAA", "AAA", "BBB", "CCC"] * 5,
         "sched_dep": [m + 2 * HOUR for m in asked]}
    )  # fmt: skip
    flights = history.head(1).drop(columns=flights.columns).merge(flights, how="cross")
    flights["flight_id"] = range(100, 120)
    return flights, history, pd.Series(asked, flights.index)


#: Words for the case, flights, history, as_of and the rows wanted.
_History = tuple[str, Frame, Frame, pd.Series, list[dict[str, Any]]]


@cache
def _history_cases(seed: int) -> list[_History]:
    flights, _, as_of = _some(seed, 150)
    history = _tables(seed)[0]
    now = as_of.quantile(0.5)
    rows = as_of <= now
    landed = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    future = history.assign(arr_delay=history["arr_delay"].mask(landed > now, 2000.0))
    never = history.assign(arr_delay=np.nan, air_time=np.nan)
    mixed = history.iloc[::-1].set_axis(np.arange(len(history)) * 3 % 1_000_003)
    cases = [
        ("other months", flights, history, as_of),
        ("history in another order, with another index", flights, mixed, as_of),
        ("flights that overtake each other, and moments at the bounds", *_overtaking()),
        ("later landings that are other", flights[rows], future, as_of[rows]),
        ("a history in which no flight landed", flights[:30], never, as_of[:30]),
    ]
    return [(*case, _want_history(*case[1:])) for case in cases]


def _history(add_history: Candidate, cases: list[_History], columns: list[str]) -> None:
    for what, flights, history, as_of, want in inputs(cases):
        seen = call(add_history, flights, history, as_of)
        got = _indexed(seen.result, columns, flights, "add_history")
        for column in columns:
            off = sum(not same(a, row[column]) for a, row in zip(got[column], want, strict=True))
            require(
                off == 0,
                f"add_history: {column} is not as the text says for {off} of {len(want)} flights, "
                f"given {what}",
            )
        after = dict(zip(("flights", "history"), seen.args[:2], strict=True))
        unchanged({"flights": flights, "history": history}, after, "add_history")


def history_origin(add_history: Candidate) -> None:
    """Landings and late rate at the origin in the last 24 hours, as known."""
    _history(add_history, _history_cases(seeds(1)[0]), ["landed", "late_rate"])


def history_aircraft(add_history: Candidate) -> None:
    """The delay of the aircraft's last landing, as known."""
    _history(add_history, _history_cases(seeds(1)[0]), ["last_delay"])


def history_without_rows(add_history: Candidate) -> None:
    """All three columns with a history without rows, and without flights."""
    flights, _, as_of = _some(seeds(1)[0], 150)
    history = _tables(seeds(1)[0])[0]
    tables = [
        ("a history without rows", flights[:30], history.head(0), as_of[:30]),
        ("no flights", flights[:0], history, as_of[:0]),
    ]
    cases = [(*case, _want_history(*case[1:])) for case in tables]
    _history(add_history, cases, ["landed", "late_rate", "last_delay"])


# --- task 6 --------------------------------------------------------------------------------------


def change_future(change_future: Candidate) -> None:
    """Everything unknown differs, everything known stays, the rest is untouched."""
    flights, weather, _ = _some(seeds(1)[0], 300)
    nows = [flights["sched_dep"].quantile(q) for q in (0.2, 0.6)]
    departed = flights["sched_dep"] + pd.to_timedelta(flights["dep_delay"], unit="min")
    exact = departed.dropna().sort_values().iloc[100]
    landing = flights["sched_arr"] + pd.to_timedelta(flights["arr_delay"], unit="min")
    cases = [("other months", now) for now in nows]
    landings = landing[flights["air_time"].notna()].dropna().sort_values()
    cases += [("a flight that lands exactly at now", landings.iloc[100])]
    cases += [("a flight that lands a minute after now", landings.iloc[150] - MINUTE)]
    cases += [("a reading exactly at now", weather["time"].sort_values().iloc[500])]
    cases += [
        ("a flight that departs exactly at now", exact),
        ("a moment before all", nows[0] - 400 * DAY),
    ]
    for what, now in inputs(cases):
        seen = call(change_future, flights, weather, now)
        pair = plain(seen.result)
        require(
            isinstance(pair, tuple | list) and len(pair) == 2,
            f"change_future: a pair (flights, weather) is asked for, given {what}",
        )
        new_flights = checks.table(pair[0], flights.columns, "flights")
        new_weather = checks.table(pair[1], weather.columns, "weather")
        landed = [_landed(f) for f in flights.to_dict("records")]
        left = [None if pd.isna(m) else m for m in departed]
        unknown = {"dep_delay": left, "arr_delay": landed, "air_time": landed}
        unknown |= {column: list(weather["time"]) for column in READINGS}
        for name, new, old in (
            ("flights", new_flights, flights),
            ("weather", new_weather, weather),
        ):
            require(
                list(new.index) == list(old.index),
                f"change_future: 'the same rows, order, index and columns': not so in {name}",
            )
            for column in old:
                moments = unknown.get(column, [None] * len(old))
                kept = other = 0
                for a, b, moment in zip(new[column], old[column], moments, strict=True):
                    if moment is not None and moment > now and not pd.isna(b):
                        kept += same(a, b) or np.isnan(number(a))
                    else:
                        other += not same(a, b)
                require(
                    kept == 0,
                    f"change_future: {kept} values of {column} were not known and are not another "
                    f"number, given {what}",
                )
                require(
                    other == 0,
                    f"change_future: {other} values of {column} were known, missing or of the "
                    f"schedule and are different, given {what}",
                )
        after = dict(zip(("flights", "weather"), seen.args[:2], strict=True))
        unchanged({"flights": flights, "weather": weather}, after, "change_future")


def _plain_builder(flights: Frame, weather: Frame, as_of: pd.Series) -> Frame:
    frame = pd.DataFrame(_quick_features(flights, weather, as_of), index=flights.index)
    rows = _want_history_quick(flights, flights, as_of, "known")
    return frame.assign(late_rate=rows)


def _want_history_quick(
    flights: Frame, history: Frame, as_of: pd.Series, order: str
) -> list[float]:
    known = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    moments = (known if order == "known" else history["sched_dep"]).dt.tz_convert(None).to_numpy()
    late, origins = (history["arr_delay"] > 15).to_numpy(), history["origin"].to_numpy()
    labelled = history["arr_delay"].notna().to_numpy()
    out = []
    for origin, now in zip(flights["origin"], as_of, strict=True):
        moment = np.datetime64(now.tz_convert(None))
        here = labelled & (origins == origin) & (moments <= moment)
        here &= moments > moment - np.timedelta64(24, "h")
        out.append(float(late[here].mean()) if here.any() else np.nan)
    return out


def _builder(kind: int) -> Callable[[Frame, Frame, pd.Series], Frame]:
    """Builders under numbers: 0 and 1 are right, the others leak."""

    def build(flights: Frame, weather: Frame, as_of: pd.Series) -> Frame:
        frame = _plain_builder(flights, weather, as_of)
        if kind == 1:  # the same in other words: columns in another order, sums in another order
            noise = np.where(
                np.arange(len(weather) + len(flights))[: len(frame)] % 2, 3e-10, -3e-10
            )
            shift = noise * (weather["temp"].sum() % 1 > 0.5)
            return frame.assign(temp=frame["temp"] + shift)[frame.columns[::-1]]
        if kind == 2:  # the reading of the hour of departure
            later = _quick_features(flights, weather, flights["sched_dep"])
            return frame.assign(visib=later["visib"])
        if kind == 3:  # the delay itself, in a few rows only
            rare = flights["dep_delay"].where(flights["flight_id"] % 3 == 0, 0)
            return frame.assign(age_of_plan=rare.fillna(0))
        if kind == 4:  # the carrier's late rate over the whole archive
            late = (flights["arr_delay"] > 15).groupby(flights["carrier"]).transform("mean")
            return frame.assign(carrier_rate=late)
        if kind == 5:  # windows by schedule, not by when the fact was known
            return frame.assign(late_rate=_want_history_quick(flights, flights, as_of, "planned"))
        if kind == 6:  # text, and missing only where it is cancelled
            gone = flights["arr_delay"].isna() | (flights["arr_delay"] > 400)
            return frame.assign(carrier=frame["carrier"].mask(gone))
        return frame

    return build


def _busy_days(seed: int) -> tuple[Frame, Frame, pd.Series]:
    """All flights of two days: at any moment there are some that are planned and not flown."""
    flights, weather = _tables(seed, 12_000)
    start = flights["sched_dep"].min().floor("D") + 12 * DAY
    flights = flights[flights["sched_dep"].between(start, start + 2 * DAY)]
    return flights, weather, flights["sched_dep"] - 2 * HOUR


def _changed(flights: Frame, weather: Frame, now: pd.Timestamp) -> tuple[Frame, Frame]:
    flights, weather = flights.copy(), weather.copy()
    for end, columns in (("dep", ["dep_delay"]), ("arr", ["arr_delay", "air_time"])):
        moment = flights[f"sched_{end}"] + pd.to_timedelta(flights[f"{end}_delay"], unit="min")
        for column in columns:
            flights[column] = flights[column].mask(moment > now, flights[column] + 500)
    later = weather["time"] > now
    for column in READINGS:
        weather[column] = weather[column].mask(later, weather[column] + 7)
    return flights, weather


def _verdict(value: Any, what: str) -> bool:
    value = plain(value)
    require(isinstance(value, bool | np.bool_), f"{what}: True or False is asked for")
    return bool(value)


def leaks(leaks: Candidate) -> None:
    """Two right builders are left alone, five leaky ones are found."""
    flights, weather, as_of = _busy_days(seeds(1)[0])
    nows = [as_of.quantile(q) for q in (0.5, 0.65, 0.35, 0.8)]
    futures = {now: _changed(flights, weather, now) for now in nows}
    for kind in range(7):
        build = _builder(kind)
        before = build(flights, weather, as_of)
        for now in nows:  # the first at which this builder's leak shows
            after = build(*futures[now], as_of)
            by_now = as_of.index[as_of <= now]
            shows = any(_bytes(before, by_now, [c]) != _bytes(after, by_now, [c]) for c in before)
            if kind < 2 or shows:
                break
        else:
            continue
        says = _verdict(leaks(before, after, as_of, now), "leaks")
        if kind < 2:
            require(not says, "leaks: a right builder is called leaky")
        else:
            require(says, "leaks: a builder whose features depend on what came later gets away")
    now = nows[0]
    exact = as_of[as_of <= now].idxmax()
    calm = _plain_builder(flights, weather, as_of)
    last = calm.assign(temp=calm["temp"].mask(calm.index == exact, 77.7))
    cases = [
        (last, as_of[exact], True, "a feature of a flight with as_of at now"),
        (last, as_of[exact] - MINUTE, False, "a feature of a flight with as_of after now"),
        (calm.assign(temp=calm["temp"].mask(calm.index == exact)), now, True, "a value gone"),
        (calm.assign(carrier=calm["carrier"].mask(calm.index == exact, "ZZ")), now, True, "a text"),
        (calm.assign(temp=calm["temp"] + 1e-10), now, False, "noise of summing"),
        (calm.assign(temp=calm["temp"] + 1e-7), now, True, "a small change"),
        (calm.drop(columns="hour"), now, True, "a column that is gone"),
        (calm.assign(more=1), now, True, "a column that is new"),
    ]
    for after, moment, wanted, what in cases:
        seen = call(leaks, calm, after, as_of, moment)
        require(
            _verdict(seen.result, "leaks") == wanted,
            f"leaks: {'missed' if wanted else 'a false alarm'}, where the difference is: {what}",
        )
        unchanged({"before": calm, "after": after},
                  dict(zip(("before", "after"), seen.args[:2], strict=True)), "leaks")  # fmt: skip


def alone_differs(alone_differs: Candidate) -> None:
    """A builder that looks at the other rows is found, one that does not is left alone."""
    flights, weather, as_of = _some(seeds(1)[0], 300)
    rows = flights.index[[5, 60, 200, 111]]
    base = pd.DataFrame(_quick_features(flights, weather, as_of), index=flights.index)
    alone = base.loc[rows]
    rank = base["planned_minutes"].rank(pct=True)
    cases = [
        (base, alone, False, "nothing"),
        (base[base.columns[::-1]], alone.iloc[::-1], False, "the order"),
        (base.assign(rank=rank), alone.assign(rank=alone["planned_minutes"].rank(pct=True)), True,
         "a rank among the rows"),
        (base, alone.assign(weather_age=alone["weather_age"] + 1e-10), False, "noise of summing"),
        (base, alone.assign(hour=[*alone["hour"][:-1], 99]), True, "one value of one flight"),
        (base, alone.assign(carrier=[*alone["carrier"][:-1], None]), True, "a text that is gone"),
        (base, alone.assign(late_rate=np.nan), True, "a column that is new"),
        (base.assign(late_rate=np.nan), alone.assign(late_rate=np.nan), False, "missing values"),
        (base.assign(late_rate=0.5), alone.assign(late_rate=np.nan), True, "a value gone"),
        (base, alone.assign(hour=alone["hour"].astype(str)), True, "a text for a number"),
    ]  # fmt: skip
    for whole, few, wanted, what in cases:
        seen = call(alone_differs, whole, few)
        require(
            _verdict(seen.result, "alone_differs") == wanted,
            f"alone_differs: {'missed' if wanted else 'a false alarm'}, where the difference is: "
            f"{what}",
        )
        after = dict(zip(("whole", "alone"), seen.args, strict=True))
        unchanged({"whole": whole, "alone": few}, after, "alone_differs")
