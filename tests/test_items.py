"""The estimates of a cohort, against cases whose answer is known and against chance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde import items

SHARES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=30, max_size=60)


def test_too_few_candidates_give_no_number():
    """Nothing is estimated below the least number, and something is at it."""
    few, enough = [0.0, 1.0] * 15, [0.0, 1.0] * 15
    assert items.difficulty(few[:9]) is None
    assert items.difficulty(few[:10]).value == 0.5
    assert items.discrimination(few[:29], few[:29]) is None
    assert items.discrimination(enough, enough).value == pytest.approx(1)
    assert items.alpha([(x, x) for x in few[:29]]) is None
    assert items.alpha([(x, x) for x in enough]).value == pytest.approx(1)
    assert items.percentile(1.0, few[:29]) is None


def test_what_does_not_vary_has_no_correlation():
    """A task that all solve tells nobody apart; that is not a correlation of 0."""
    assert items.discrimination([1.0] * 40, [0.0, 1.0] * 20) is None
    assert items.discrimination([0.0, 1.0] * 20, [1.0] * 40) is None
    assert items.alpha([(1.0, 1.0)] * 40) is None
    assert items.alpha([(1.0,)] * 20 + [(0.0,)] * 20) is None


def test_alpha_of_a_known_table():
    """Two tasks with variance 1/4 that correlate 1/2: alpha is 2 * r / (1 + r) = 2/3."""
    rows = [(0, 0)] * 15 + [(1, 1)] * 15 + [(0, 1)] * 5 + [(1, 0)] * 5
    found = items.alpha(rows)
    assert found.value == pytest.approx(2 / 3)
    assert found.low < 2 / 3 < found.high < 1


@pytest.mark.parametrize("what", ["difficulty", "discrimination", "alpha"])
def test_intervals_hold_what_they_promise(what):
    """In 300 simulated cohorts of 60 the true value lies in about 95 % of the intervals."""
    random = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        # Equal loadings on one ability: the correlation of two tasks is 1/2, alpha of four is 0.8.
        ability = random.normal(size=(60, 1))
        tasks = ability + random.normal(size=(60, 4))
        if what == "difficulty":
            found, truth = items.difficulty((tasks[:, 0] > 0).astype(float)), 0.5
        elif what == "discrimination":
            rest = tasks[:, 1:].mean(axis=1)
            found, truth = items.discrimination(tasks[:, 0], rest), 1 / math.sqrt(2 * (1 + 1 / 3))
        else:
            found, truth = items.alpha(tasks), 0.8
        hits += found.low <= truth <= found.high
    assert 0.90 <= hits / 300 <= 0.99


@given(SHARES)
def test_a_mean_lies_in_its_interval(shares):
    """Also where all have the same share; and the same shares give the same interval."""
    found = items.difficulty(shares)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1
    assert found == items.difficulty(shares)
    assert found.n == len(shares)


@given(SHARES)
def test_percentiles_order_candidates(shares):
    """More points are never a lower percentile; the mean of all of them is a half."""
    found = [items.percentile(share, shares) for share in shares]
    assert all(0 < one < 1 for one in found)
    assert np.mean(found) == pytest.approx(0.5)
    pairs = sorted(zip(shares, found, strict=True))
    assert [one for _, one in pairs] == sorted(found)
