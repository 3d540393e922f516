"""The data of junior-pipeline are what its text says.

What holds for every lab is in ``test_labs.py``.
"""

import re
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from autograde import flights as source_of_flights

pytestmark = pytest.mark.parametrize("lab", ["junior-pipeline"], indirect=True, scope="module")

SEEDS = [3, 17, 2**31 - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_same_seed_same_data(seed: int, data: ModuleType) -> None:
    """A variant is a function of its seed, and other seeds give other codes."""
    one = data.make(seed, 500)
    data.make.cache_clear()
    for first, second in zip(one, data.make(seed, 500), strict=True):
        pd.testing.assert_frame_equal(first, second)
    assert set(one[0]["origin"]) != set(data.make(seed + 1, 500)[0]["origin"])


def test_files_read_as_made(lab: Any, data: ModuleType) -> None:
    """The loading cell gives the tables that were made, dtypes included."""
    space: dict[str, Any] = {}
    exec(next(cell.source for cell in lab.cells if "def load(" in cell.source), space)
    for name, table in zip(("flights", "weather"), data.make(0, 9000, 3), strict=True):
        pd.testing.assert_frame_equal(space["load"](name), table)


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_as_the_text_says(seed: int, data: ModuleType) -> None:
    """Keys are unique, the schedule is whole, moments are whole minutes, codes are made up."""
    flights, weather = data.make(seed)
    assert flights["flight_id"].is_unique
    plan = ["flight_id", "carrier", "origin", "dest", "distance", "sched_dep", "sched_arr"]
    assert flights[plan].notna().all(axis=None)
    assert weather[["origin", "time"]].notna().all(axis=None)
    assert not weather.duplicated(["origin", "time"]).any()
    assert (flights["sched_arr"] > flights["sched_dep"]).all()
    for moments in (flights["sched_dep"], flights["sched_arr"], weather["time"]):
        assert (moments == moments.dt.floor("min")).all()
    codes = {*flights["carrier"], *flights["origin"], *flights["dest"]}
    assert all(re.fullmatch(r"[A-Z]\dX?", code) for code in codes)
    real = {*source_of_flights.table("airlines")["carrier"]}
    assert not codes & real
    assert set(flights["origin"]) <= set(weather["origin"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tail_number_is_lost_with_the_flight(seed: int, data: ModuleType) -> None:
    """A missing tail number gives the cancellation away, as the text warns."""
    flights, _ = data.make(seed)
    lost = flights["tailnum"].isna()
    assert lost.any()
    assert flights.loc[lost, ["dep_delay", "arr_delay"]].isna().all(axis=None)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_aircraft_lands_once_in_a_minute(seed: int, data: ModuleType) -> None:
    """The last landing of an aircraft is never a tie."""
    flights, _ = data.make(seed, 20_000, 2)
    flights = flights.dropna(subset=["tailnum", "arr_delay"])
    landed = flights["sched_arr"] + pd.to_timedelta(flights["arr_delay"], unit="min")
    assert not pd.DataFrame({"plane": flights["tailnum"], "landed": landed}).duplicated().any()
