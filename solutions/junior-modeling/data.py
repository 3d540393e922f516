"""The data of junior-modeling: one clean feature table, each row as of two hours before departure.

Owns the overlay over the flights tables (months and aircraft kept, codes replaced) and the features
that a right answer of junior-pipeline would make. Owns no rule for marking: that is ``hidden.py``.
Only NumPy's ``default_rng`` draws, so a seed means the same data under any version of pandas.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from autograde import flights as source

__all__ = ["CATEGORIES", "NUMBERS", "SCHEDULE", "make", "write"]

PUBLIC_SEED = 0
SCHEDULE = ["hour", "weekday", "planned_minutes", "distance"]
READINGS = ["temp", "wind_speed", "precip", "visib", "pressure"]
NUMBERS = [*SCHEDULE, *READINGS, "late_rate", "last_delay"]
CATEGORIES = ["carrier", "origin", "dest", "aircraft"]
DAY = pd.Timedelta(hours=24)


@cache
def make(seed: int, rows: int = 4000, months: int = 3) -> pd.DataFrame:
    """Make one variant of the feature table, about ``rows`` labelled flights.

    Parameters
    ----------
    seed
        Decides months, aircraft and codes.
    rows
        Flights wanted. Whole aircraft are kept, so that each has a history of its own.
    months
        How many consecutive months are kept.
    """
    rng = np.random.default_rng([seed, rows, months])
    first = int(rng.integers(1, 14 - months))
    kept = f"{first} <= month < {first + months}"
    flights = source.with_moments(source.table("flights").query(kept))
    weather = source.table("weather").query(kept).rename(columns={"time_hour": "time"})
    weather["wind_speed"] = weather["wind_speed"].where(weather["wind_speed"] < 200)
    flights, weather = source.renamed(rng, flights, weather)

    flights["as_of"] = flights["sched_dep"] - pd.Timedelta(hours=2)
    flights["landed"] = flights["sched_arr"] + pd.to_timedelta(flights["arr_delay"], unit="min")
    local = flights["sched_dep"].dt.tz_convert("America/New_York")
    flights = flights.assign(
        day=local.dt.tz_localize(None).dt.floor("D"),
        hour=local.dt.hour.astype("int64"),
        weekday=local.dt.day_of_week.astype("int64"),
        planned_minutes=(flights["sched_arr"] - flights["sched_dep"]) / pd.Timedelta(minutes=1),
        late_rate=_late_rate(flights),
    )
    planes = np.sort(flights["tailnum"].dropna().unique())
    chosen = planes[rng.random(len(planes)) < rows / len(flights)]
    flights = flights[flights["tailnum"].isin(chosen)]
    flights = _last_delay(_last_reading(flights, weather))

    flights = flights[flights["arr_delay"].notna()].sort_values(["sched_dep", "tailnum"])
    flights = flights.assign(
        aircraft=flights["tailnum"],
        late=(flights["arr_delay"] > 15).astype(int),
        flight_id=rng.permutation(len(flights)) + 1,
    )
    table = flights[["flight_id", "day", *CATEGORIES, *NUMBERS, "late"]]
    return table.iloc[rng.permutation(len(table))].reset_index(drop=True)


def _late_rate(flights: pd.DataFrame) -> pd.Series:
    """The origin's share of late landings in the 24 hours up to each flight's own moment."""
    rate = pd.Series(np.nan, flights.index)
    past = flights.dropna(subset="landed").sort_values("landed")
    for origin, landings in past.groupby("origin"):
        asked = flights.loc[flights["origin"] == origin, "as_of"]
        late = np.concatenate([[0], (landings["arr_delay"] > 15).cumsum()])
        since, until = (landings["landed"].searchsorted(m, "right") for m in (asked - DAY, asked))
        count = until - since
        share = (late[until] - late[since]) / np.maximum(count, 1)
        rate[asked.index] = np.where(count > 0, share, np.nan).round(4)
    return rate


def _last_reading(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    return pd.merge_asof(
        flights.sort_values("as_of"),
        weather[["origin", "time", *READINGS]].sort_values("time"),
        left_on="as_of",
        right_on="time",
        by="origin",
        tolerance=pd.Timedelta(hours=3),
    )


def _last_delay(flights: pd.DataFrame) -> pd.DataFrame:
    """Add what the aircraft's last landing in the 24 hours up to each moment was late."""
    past = flights.dropna(subset="landed").sort_values("landed")
    return pd.merge_asof(
        flights.sort_values("as_of"),
        past[["tailnum", "landed", "arr_delay"]].rename(
            columns={"landed": "before", "arr_delay": "last_delay"}
        ),
        left_on="as_of",
        right_on="before",
        by="tailnum",
        tolerance=DAY,
    )


def write(folder: Path, variant: int = 0) -> None:
    """Write what a candidate gets, as CSV: the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    table = make(PUBLIC_SEED + variant, 8000, 4)
    table.to_csv(folder / "features.csv", index=False, date_format="%Y-%m-%d")
