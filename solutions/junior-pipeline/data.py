"""The data of junior-pipeline: flights with moments in UTC and weather readings, from a seed.

Owns the overlay over the flights tables: months and aircraft kept, moments computed, codes
replaced, readings left out. Owns no rule for marking: that is ``hidden.py``. Only NumPy's
``default_rng`` draws, so a seed means the same data under any version of pandas.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from autograde import flights as source

__all__ = ["make", "write"]

PUBLIC_SEED = 0
FLIGHT_COLUMNS = [
    "flight_id", "carrier", "tailnum", "origin", "dest", "distance", "sched_dep", "sched_arr",
    "dep_delay", "arr_delay", "air_time",
]  # fmt: skip
READINGS = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
TAXI = 25  # minutes on the ground, both ends together; the source has no such column


@cache
def make(seed: int, rows: int = 4000, months: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make one variant: ``flights`` (about ``rows`` of them) and ``weather``.

    Parameters
    ----------
    seed
        Decides months, aircraft, codes and the readings that are left out.
    rows
        Flights wanted. Whole aircraft are kept, so that each flight has its previous leg.
    months
        How many consecutive months are kept.
    """
    rng = np.random.default_rng([seed, rows, months])
    first = int(rng.integers(1, 14 - months))
    flights = _with_moments(source.table("flights").query(f"{first} <= month < {first + months}"))
    planes = np.sort(flights["tailnum"].dropna().unique())
    kept = rng.random(len(planes)) < rows / len(flights)
    unknown = flights["tailnum"].isna() & (rng.random(len(flights)) < rows / len(flights))
    flights = flights[flights["tailnum"].isin(planes[kept]) | unknown]

    weather = source.table("weather").query(f"{first} <= month < {first + months}")
    weather = weather[rng.random(len(weather)) > 0.04].rename(columns={"time_hour": "time"})
    weather = weather[["origin", "time", *READINGS]]
    weather["wind_speed"] = weather["wind_speed"].where(weather["wind_speed"] < 200)

    flights, weather = _renamed(rng, flights, weather)
    flights["flight_id"] = rng.permutation(len(flights)) + 1
    return _shuffled(rng, flights[FLIGHT_COLUMNS]), _shuffled(rng, weather)


def _with_moments(flights: pd.DataFrame) -> pd.DataFrame:
    minutes = flights["sched_dep_time"] % 100
    flights = flights.assign(sched_dep=flights["time_hour"] + pd.to_timedelta(minutes, unit="min"))
    # The route's usual time: a flight's own would hold its minutes on the ground, and so its delay.
    taken = flights["dep_delay"] + flights["air_time"] + TAXI - flights["arr_delay"]
    planned = taken.groupby([flights["origin"], flights["dest"]]).transform("median")
    planned = planned.fillna(180).round()
    flights["sched_arr"] = flights["sched_dep"] + pd.to_timedelta(planned, unit="min")
    return flights


def _renamed(
    rng: Generator, flights: pd.DataFrame, weather: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace codes, never by one that exists: no carrier of the source begins so."""
    codes = [f"{letter}{digit}" for letter in "ACDEGHJKLMPQRSTUVWXYZ" for digit in range(1, 10)]
    carriers = dict(zip(sorted(set(flights["carrier"])), rng.permutation(codes), strict=False))
    airports = sorted({*flights["origin"], *flights["dest"]})
    ports = dict(zip(airports, (f"{code}X" for code in rng.permutation(codes)), strict=False))
    planes = np.sort(flights["tailnum"].dropna().unique())
    tails = dict(zip(planes, (f"T{i:04d}" for i in rng.permutation(len(planes))), strict=True))
    flights = flights.assign(
        carrier=flights["carrier"].map(carriers),
        origin=flights["origin"].map(ports),
        dest=flights["dest"].map(ports),
        tailnum=flights["tailnum"].map(tails),
    )
    return flights, weather.assign(origin=weather["origin"].map(ports))


def _shuffled(rng: Generator, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def write(folder: Path) -> None:
    """Write what the candidate gets, as CSV: the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    flights, weather = make(PUBLIC_SEED, 9000, 3)
    for name, table in (("flights", flights), ("weather", weather)):
        table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%dT%H:%MZ")
