"""The data and the simulations of junior-modeling are what its text says.

What holds for every lab is in ``test_labs.py``.
"""

import re
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograde import flights as source_of_flights

pytestmark = pytest.mark.parametrize("lab", ["junior-modeling"], indirect=True, scope="module")

SEEDS = [3, 17, 2**31 - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_same_seed_same_data(seed: int, data: ModuleType) -> None:
    """A variant is a function of its seed, and other seeds give other codes."""
    one = data.make(seed, 500, 2)
    data.make.cache_clear()
    pd.testing.assert_frame_equal(one, data.make(seed, 500, 2))
    assert set(one["origin"]) != set(data.make(seed + 1, 500, 2)["origin"])


def test_files_read_as_made(lab: Any, data: ModuleType) -> None:
    """The loading cell gives the table that was made, dtypes included."""
    read = pd.read_csv(lab.folder / "data" / "features.csv", parse_dates=["day"])
    pd.testing.assert_frame_equal(read, data.make(0, 8000, 4))
    assert 'pd.read_csv("data/features.csv", parse_dates=["day"])' in "\n".join(
        cell.source for cell in lab.cells
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_table_is_as_the_text_says(seed: int, lab: Any, data: ModuleType) -> None:
    """Columns are those of the text, only the named ones have gaps, days and codes are made up."""
    table = data.make(seed, 2000, 3)
    listed = lab.text[lab.text.index("## The feature table") :].split("\n## ")[0]
    named = {
        name
        for line in listed.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert set(table) == named
    may_be_missing = {"temp", "wind_speed", "precip", "visib", "pressure", "late_rate", "last_delay"}
    assert set(table.columns[table.isna().any()]) <= may_be_missing
    assert table["flight_id"].is_unique
    assert set(table["late"]) == {0, 1}
    assert (table["day"] == table["day"].dt.floor("D")).all()
    assert table["hour"].between(0, 23).all()
    assert table["late_rate"].dropna().between(0, 1).all()
    assert not {*table["carrier"]} & {*source_of_flights.table("airlines")["carrier"]}


@pytest.mark.parametrize("seed", SEEDS)
def test_features_do_not_know_the_flight(seed: int, data: ModuleType) -> None:
    """A flight's own label does not show in its recent lateness beyond what a forecast may know."""
    table = data.make(seed, 4000, 3)
    known = table.dropna(subset=["late_rate", "last_delay"])
    for column in ("late_rate", "last_delay"):
        assert abs(known[column].corr(known["late"])) < 0.5


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_truth_of_simulated_days(seed: int, lab: Any) -> None:
    """The mean of very many simulated flights is the truth that the checks compare with."""
    rng = np.random.default_rng(seed)
    samples = [lab.hidden._sample(rng) for _ in range(400)]
    flights = sum(len(sample.loss) for sample in samples)
    mean = sum(sample.loss.sum() for sample in samples) / flights
    # Days differ by 4.6 dollars, 16,000 of them by 0.05 on average: six times that.
    assert abs(mean - samples[0].truth) < 0.3


def test_our_own_interval_keeps_its_promise(lab: Any) -> None:
    """Days drawn with replacement cover about nine times in ten, flights drawn far less often."""
    rng = np.random.default_rng(0)
    samples = [lab.hidden._sample(rng) for _ in range(300)]
    covered = {"days": 0, "flights": 0}
    for sample in samples:
        for name, groups in (("days", sample.day), ("flights", np.arange(len(sample.day)))):
            low, high = lab.hidden._by_days(sample.loss, groups, rng)
            covered[name] += low <= sample.truth <= high
    assert covered["days"] / 300 == pytest.approx(0.88, abs=0.06)
    assert covered["flights"] / 300 < 0.7


def test_optimism_of_the_best_of_ten(lab: Any) -> None:
    """The best of ten equal models looks better by as much as the check supposes."""
    rng = np.random.default_rng(0)
    tables = lab.hidden._validations(rng, np.full(10, 5.0), 3000)
    lead = np.mean([5.0 - table.mean().min() for table in tables])
    assert lead == pytest.approx(lab.hidden.OPTIMISM, rel=0.06)


@pytest.mark.slow
def test_tables_have_the_rows_that_checks_take(lab: Any) -> None:
    """No set of seeds leaves a check with too few rows; one that did made right answers crash."""
    for seed in range(1, 60):
        assert len(lab.hidden._table(seed * 7919, 3000, 2)) >= 1500
