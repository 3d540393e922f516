"""The data of junior-eda are what its text says.

What holds for every lab is in ``test_labs.py``.
"""

import re
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from autograde import flights as source_of_flights

pytestmark = pytest.mark.parametrize("lab", ["junior-eda"], indirect=True, scope="module")

SEEDS = [3, 17, 2**31 - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_same_seed_same_data(seed: int, data: ModuleType) -> None:
    """A variant is a function of its seed, and other seeds give other codes."""
    one, two = data.make(seed, flights=500), data.make(seed, flights=500)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])
    pd.testing.assert_frame_equal(one.planted, two.planted)
    other = data.make(seed + 1, flights=500)
    assert set(one.tables["flights"]["origin"]) != set(other.tables["flights"]["origin"])


def test_files_read_as_made(lab: Any, data: ModuleType) -> None:
    """The loading cell gives the tables that were made, dtypes included."""
    space: dict[str, Any] = {}
    first = next(cell for cell in lab.cells if "def load_tables" in cell.source)
    exec(first.source, space)
    made = data.make(data.PUBLIC_SEED, flights=20_000, months=3, faults=40).tables
    for name, table in space["load_tables"]().items():
        pd.testing.assert_frame_equal(table, made[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_as_the_text_says(seed: int, data: ModuleType) -> None:
    """Row ids are unique, lookups repeat only exact copies, a tenth of flights lacks a plane."""
    case = data.make(seed)
    tables = case.tables
    for name in ("flights", "weather"):
        assert tables[name]["row_id"].is_unique
    weather = tables["weather"].drop(columns="row_id").drop_duplicates()
    assert not weather.duplicated(["origin", "time_hour"]).any()
    assert len(weather) < len(tables["weather"])
    planes = tables["planes"].drop_duplicates().dropna(subset="tailnum")
    assert planes["tailnum"].is_unique
    assert len(planes) < len(tables["planes"])
    assert tables["planes"]["tailnum"].isna().sum() == 2
    assert tables["airports"]["faa"].is_unique
    assert tables["flights"]["origin"].nunique() == 3
    flights = tables["flights"]
    local = flights["time_hour"].dt.tz_convert("America/New_York").dt.hour
    assert (local == flights["hour"]).all()
    assert 0.05 < (~flights["tailnum"].isin(planes["tailnum"])).mean() < 0.3
    assert len(data.joined(tables)) == len(flights)
    codes = {*flights["carrier"], *flights["origin"], *flights["dest"], *tables["airports"]["faa"]}
    assert not codes & {"NA", "NAN", "NULL", "NONE"}
    assert all(re.fullmatch(r"[A-Z]\d[A-Z]?", code) for code in codes)  # never an IATA airport
    real = {
        *source_of_flights.table("airlines")["carrier"],
        *source_of_flights.table("airports")["faa"],
    }
    assert not codes & real


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_faults_are_all_there_are(seed: int, lab: Any, data: ModuleType) -> None:
    """The rules of the text find the planted faults and nothing else, so truth and text agree."""
    space: dict[str, Any] = {}
    for cell in lab.cells:
        if cell.source.startswith(("import io", "LIMITS")) or cell.keys.get("task") == "anomalies":
            exec(cell.source, space)
    case = data.make(seed)
    found = set(space["anomalies"](case.tables).itertuples(index=False, name=None))
    assert found == set(case.planted.itertuples(index=False, name=None))


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_days_are_all_there_are(seed: int, data: ModuleType) -> None:
    """Storm days are those with many cancellations, as the text says, and no fault is in them."""
    case = data.make(seed)
    flights = case.tables["flights"].set_index("row_id")
    day = [flights["month"], flights["day"]]
    duplicates = case.planted.loc[case.planted["reason"] == "duplicate", "row_id"]
    share = flights.drop(duplicates[duplicates.isin(flights.index)])
    share = share["dep_time"].isna().groupby([share["month"], share["day"]]).transform("mean")
    assert set(share.index[share >= 0.30]) == set(case.storm)
    storms = flights.loc[case.storm]
    assert storms["dep_time"].isna().mean() > 0.4
    assert storms["arr_delay"].groupby([level.loc[case.storm] for level in day]).median().max() > 60
    faults = case.planted.loc[case.planted["table"] == "flights", "row_id"]
    assert not set(case.storm) & set(faults)


def test_storms_of_the_source_are_storms(data: ModuleType) -> None:
    """In February the days of the real blizzard count as well as the planted day."""
    case = data.make(data.PUBLIC_SEED, flights=20_000, months=3, faults=40)
    flights = case.tables["flights"].set_index("row_id").loc[case.storm]
    assert {(2, 8), (2, 9)} < set(zip(flights["month"], flights["day"], strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rule_is_decided_by_rounding(seed: int, lab: Any, data: ModuleType) -> None:
    """Speeds and temperatures keep away from their bounds, as the text promises."""
    case = data.make(seed)
    flights, weather = case.tables["flights"], case.tables["weather"]
    flown = flights[flights["air_time"] > 0]
    speed = flown["distance"] / (flown["air_time"] / 60)
    assert not speed.between(779, 781).any()
    weather = weather.drop_duplicates(["origin", "time_hour"])
    weather = weather.sort_values(["origin", "time_hour"])
    jumps = [weather["temp"].sub(weather["temp"].shift(k)).abs() for k in (1, -1)]
    assert not (pd.concat(jumps, axis=1).min(axis=1).between(24.99, 25.01)).any()
    joined = data.joined(case.tables)
    clear = lab.hidden._clear(joined, 30)
    assert len(joined.columns) - len(clear.columns) <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_simpson_case_turns_the_ranking(seed: int, data: ModuleType) -> None:
    """Plainly AAA looks worse, at every common carrier BBB is worse."""
    flights = data.simpson(seed).dropna(subset="arr_delay")
    late = flights["arr_delay"] > 15
    plain = late.groupby(flights["origin"]).mean()
    assert plain["AAA"] > plain["BBB"]
    cells = late.groupby([flights["carrier"], flights["origin"]]).mean().unstack().dropna()
    assert (cells["AAA"] < cells["BBB"]).all()
    assert len(cells) == 2
