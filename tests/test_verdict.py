"""The score rule and the records: a closed set of words, and sums that an author expects."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autograde.errors import GradingError
from autograde.verdict import Hashes, Result, Status, Verdict, points_for, total, worst


def verdict(status=Status.PASSED, score=10.0, task="t", points=10.0):
    """A verdict of that status and score."""
    return Verdict(cell=f"check_{task}", task=task, points=points, score=score, status=status)


def result(*verdicts):
    """A result of those verdicts."""
    return Result(
        lab="trial",
        candidate="someone",
        status="graded",
        verdicts=verdicts,
        started="2026-01-01T00:00:00+00:00",
        wall=1.0,
        cpu=1.0,
        hashes=Hashes(submission="a", tests="b", data="d", environment="c"),
    )


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (None, 10),
        ("text", 10),
        ([], 10),
        (np.zeros(3), 10),
        (True, 10),
        (False, 0),
        (np.True_, 10),
        (np.False_, 0),
        (0, 0),
        (-0.0, 0),
        (10, 10),
        (2.5, 2.5),
        (float("nan"), 0),
        (np.float64("nan"), 0),
        (np.float32(2.5), 2.5),
        (np.int64(3), 3),
        (np.array(4.0), 4),
        (np.longdouble(0), 0),
        (Decimal("2.5"), 2.5),
        (Fraction(1, 2), 0.5),
        (10 + 1e-12, 10),
        (-1e-12, 0),
    ],
)
def test_what_a_last_value_stands_for(value, points):
    """Nothing fails open: only no number at all means full points."""
    found = points_for(value, 10)
    assert found == points
    assert type(found) in (int, float)


BEYOND = [10.1, -0.1, math.inf, -math.inf, np.float64(11), np.array(-1), 10**400, -(10**5000), 1j]


@pytest.mark.parametrize("value", BEYOND, ids=range(len(BEYOND)))
def test_a_number_beyond_the_points_is_the_authors_fault(value):
    """It is neither clipped nor taken: a person has to see it."""
    with pytest.raises(GradingError, match="outside"):
        points_for(value, 10)


@given(st.one_of(st.floats(), st.integers(), st.booleans()), st.floats(0, 100))
def test_points_are_never_outside_the_cell(value, points):
    """Whatever the number: an error, or a score between 0 and the cell's points."""
    try:
        found = points_for(value, points)
    except GradingError:
        return
    assert 0 <= found <= points + 1e-6


def test_sums_are_those_of_the_author():
    """1.1 + 2.2 is 3.3, and what has no score is left out."""
    assert total([1.1, 2.2]) == 3.3
    assert total([0.1] * 10) == 1.0
    assert total([None, 2.0, None]) == 2.0
    assert total([]) == 0


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ([(Status.PASSED, 10)], Status.PASSED),
        ([(Status.PASSED, 10), (Status.PASSED, 10)], Status.PASSED),
        ([(Status.PASSED, 10), (Status.WRONG, 0)], Status.PARTIAL),
        ([(Status.PARTIAL, 3), (Status.TIMED_OUT, 0)], Status.PARTIAL),
        ([(Status.WRONG, 0), (Status.CRASHED, 0)], Status.CRASHED),
        ([(Status.NOT_ATTEMPTED, 0), (Status.WRONG, 0)], Status.WRONG),
        ([(Status.PASSED, 10), (Status.GRADER_ERROR, None)], Status.GRADER_ERROR),
        ([(Status.SKIPPED, 0), (Status.TIMED_OUT, 0)], Status.SKIPPED),
    ],
)
def test_one_word_for_several_parts(parts, word):
    """Passed only if all are; a grader error is never hidden by another word."""
    assert worst(verdict(status, score) for status, score in parts) is word


def test_a_result_adds_up_and_groups_by_task_in_order():
    """Score, points and tasks of a result, with a grader error left open."""
    found = result(
        verdict(task="b", score=1.1, points=1.1),
        verdict(task="a", score=2.2, points=2.2),
        verdict(task="b", score=None, points=5, status=Status.GRADER_ERROR),
    )
    assert found.score == 3.3
    assert found.points == 8.3
    assert list(found.by_task()) == ["b", "a"]
    assert [v.points for v in found.by_task()["b"]] == [1.1, 5]


def test_a_result_survives_storage():
    """JSON and back is the same record."""
    found = result(verdict(), verdict(Status.WRONG, 0.0, "둘"))
    assert Result.model_validate_json(found.model_dump_json()) == found


def test_records_are_closed():
    """No field can be changed, added or given a word outside the closed set."""
    found = verdict()
    with pytest.raises(ValidationError):
        found.score = 11.0
    with pytest.raises(ValidationError):
        Verdict.model_validate({**found.model_dump(), "bonus": 3})
    with pytest.raises(ValidationError):
        Verdict.model_validate({**found.model_dump(), "status": "excellent"})
