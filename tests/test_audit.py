"""The audit says so when a check is too lax, too strict or faulty."""

import pytest

from autograde import answers, audit, execute
from autograde.testing import check, lab, locked, task


def answer(kind, body, loses=()):
    """An answer to the one task of the lab below."""
    header = answers.Header(kind=kind, about="a trial", loses=loses)
    return answers.Answer("trial", header, {"double": f"def double(x):\n    {body}"}, {})


def audited(test, *listed):
    """Trials of a one-task lab whose hidden test is ``test``, after reference and blank."""
    release = lab(
        locked("import math"), task("double", "return 2 * x"), check("double", "double(1)", test)
    )
    return audit.Audit("trial", tuple(audit.trials(release, listed, workers=2)))


RIGHT = answer("right", "return x + x")
WRONG = answer("wrong", "return x * x", ["double"])


def test_a_sound_check_is_clean():
    """Reference and right answer lose nothing, the wrong one its task, the blank one everything."""
    found = audited("assert double(3) == 6", RIGHT, WRONG)
    assert found.clean
    assert (found.caught, found.failed) == (1, 0)
    assert [trial.kind for trial in found.trials] == ["right", "blank", "right", "wrong"]


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("assert double(2) == 4", "should lose double"),  # too lax: 2 * 2 is 2 + 2
        ("assert double(3) == 7", "should not lose double"),
        ("undefined_here.x", ""),
    ],
)
def test_a_bad_check_is_named(test, fault):
    """A check that lets a mistake pass, or fails the right answer, makes the audit fail."""
    found = audited(test, RIGHT, WRONG)
    assert not found.clean
    assert fault in " ".join(trial.fault for trial in found.trials)


def test_a_grader_error_is_never_reported_as_clean():
    """A check that is faulty itself is neither a catch nor a miss."""
    found = audited("raise_this = 1 / 0\nassert double(3) == 6")
    assert not found.clean


def test_a_grading_that_fails_is_a_finding_and_the_others_go_on(monkeypatch):
    """An error that nobody foresaw is told of with the answer's name, and ends no audit."""
    grade = execute.grade

    def failing(*args, candidate, **kwargs):
        if candidate == "blank":
            raise RuntimeError("no more threads")
        return grade(*args, candidate=candidate, **kwargs)

    monkeypatch.setattr(execute, "grade", failing)
    reference, blank, right = audited("assert double(3) == 6", RIGHT).trials
    assert (reference.fault, right.fault) == ("", "")
    assert "grader error" in blank.fault
    assert "no more threads" in blank.result.verdicts[0].detail


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score).
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval(hits, n, low, high):
    """The interval agrees with published values."""
    assert audit.wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_wilson_interval_of_nothing_says_nothing():
    """No trials: any rate is possible."""
    assert audit.wilson(0, 0) == (0.0, 1.0)


def test_a_sample_is_the_same_until_the_lab_changes():
    """CI grades a sample: everything else is left out, other things after a change."""
    items = list(range(40))
    first = audit.left_out(items, 10, "hash of a lab")
    assert first == audit.left_out(items, 10, "hash of a lab")
    assert first != audit.left_out(items, 10, "hash of the lab when it has changed")
    assert len(set(first)) == 30
    assert audit.left_out(items, None, "hash of a lab") == []
    assert audit.left_out(items, 100, "hash of a lab") == []
