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
    flights = source.with_moments(
        source.table("flights").query(f"{first} <= month < {first + months}")
    )
    planes = np.sort(flights["tailnum"].dropna().unique())
    kept = rng.random(len(planes)) < rows / len(flights)
    unknown = flights["tailnum"].isna() & (rng.random(len(flights)) < rows / len(flights))
    flights = flights[flights["tailnum"].isin(planes[kept]) | unknown]

    weather = source.table("weather").query(f"{first} <= month < {first + months}")
    weather = weather[rng.random(len(weather)) > 0.04].rename(columns={"time_hour": "time"})
    weather = weather[["origin", "time", *READINGS]]
    weather["wind_speed"] = weather["wind_speed"].where(weather["wind_speed"] < 200)

    flights, weather = source.renamed(rng, flights, weather)
    flights["flight_id"] = rng.permutation(len(flights)) + 1
    return _shuffled(rng, flights[FLIGHT_COLUMNS]), _shuffled(rng, weather)


def _shuffled(rng: Generator, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def write(folder: Path, variant: int = 0) -> None:
    """Write what a candidate gets, as CSV: the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    flights, weather = make(PUBLIC_SEED + variant, 9000, 3)
    for name, table in (("flights", flights), ("weather", weather)):
        table.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%dT%H:%MZ")
