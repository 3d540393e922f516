"""Mutants are small mistakes, each graded by the checks of its own task, none lost or doubled."""

import ast

import pytest

from autograde import audit, mutants
from autograde.errors import LabError
from autograde.testing import check, lab, locked, task

BODY = """
if x > 3:
    return sorted([x, 2], reverse=True)
return [x, x + 2]
""".strip()


def release(test="assert f(4) == [4, 2]\nassert f(3) == [3, 5]", visible="f(1)"):
    """A lab of two tasks; the first has an `if`, a keyword and a sum."""
    return lab(
        locked("import math"),
        task("f", BODY),
        check("f", visible, test),
        task("g", "return x.strip().upper()"),
        check("g", "g('a')", "assert g(' a') == 'A'"),
    )


def changes(**options):
    """Every mutant of that lab as (task, line before, line after)."""
    return [(m.task, m.was, m.becomes) for m in mutants.make(release(), **options)]


@pytest.mark.parametrize(
    "change",
    [
        ("f", "if x > 3:", "if x >= 3:"),
        ("f", "if x > 3:", "if x < 3:"),
        ("f", "if x > 3:", "if not x > 3:"),
        ("f", "return [x, x + 2]", "return [x, x - 2]"),
        ("f", "return sorted([x, 2], reverse=True)", "return sorted([x, 2], reverse=False)"),
        ("f", "return sorted([x, 2], reverse=True)", "return sorted([x, 2], **{})"),
        ("g", "return x.strip().upper()", "return x.upper()"),
        ("g", "return x.strip().upper()", "return x.strip()"),
    ],
)
def test_mistakes_that_people_make_are_among_them(change):
    """Neighbouring comparisons, swapped signs, forgotten keywords and forgotten calls are made."""
    assert change in changes()


def test_every_mutant_is_other_code_that_python_accepts():
    """No mutant is the reference, none is made twice, none is a syntax error."""
    made = mutants.make(release())
    shapes = [(m.cell, ast.dump(ast.parse(m.source))) for m in made]
    assert len(set(shapes)) == len(shapes)
    assert all("def " in m.source for m in made)


def test_only_the_solution_region_changes():
    """What the candidate is given around the region stays as it is."""
    assert not [was for _, was, _ in changes() if was.startswith("def ")]


def test_nothing_is_made_of_a_file_that_a_cell_writes():
    """Such a file may be no Python; the reference's functions have their mutants all the same."""
    written = task("h", "return 1")
    written.source = f"%%writefile readme.md\n# Not Python {written.source}"
    made = mutants.make(lab(written, check("h", ""), task("f", "return x + 1"), check("f", "")))
    assert {mutant.cell for mutant in made} == {"f"}


def test_an_explanation_is_kept_with_its_mutant():
    """The author's line is found by task, line before and line after."""
    one = mutants.Explained(task="g", was="return x.strip().upper()", becomes="return x.upper()",
                            why="no text has blanks at its ends")  # fmt: skip
    explained = [m for m in mutants.make(release(), [one]) if m.explained]
    assert [(m.becomes, m.explained) for m in explained] == [(one.becomes, one)]


def test_an_explanation_that_fits_nothing_is_refused():
    """An explanation of code that has changed since must not go on excusing anything."""
    stale = mutants.Explained(task="g", was="return x", becomes="return", why="once it was so")
    with pytest.raises(LabError, match="does not exist"):
        mutants.make(release(), [stale])


@pytest.mark.parametrize("text", ["- {task: f}", "word", "- [1"])
def test_a_broken_file_of_explanations_is_named(tmp_path, text):
    """A file that is no list of explanations is refused, with its path."""
    path = tmp_path / "solutions" / "trial" / "mutants.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(LabError, match="mutants"):
        mutants.load("trial", tmp_path)


def tried(test, *becomes, **explanation):
    """Grade mutants of the first task, chosen by their changed line, under the given test."""
    made = [m for m in mutants.make(release(test)) if m.becomes in becomes]
    assert len(made) == len(becomes)
    if explanation:
        (one,) = made
        explained = mutants.Explained(task="f", was=one.was, becomes=one.becomes, **explanation)
        made = [m for m in mutants.make(release(test), [explained]) if m.explained]
    return list(audit.mutant_trials(release(test), made, workers=2))


def test_a_mutant_that_no_check_notices_is_a_fault():
    """A check that never looks at the bound lets `>=` pass, and the audit says so."""
    noticed, missed = tried("assert f(4) == [4, 2]", "if x >= 3:", "if x < 3:")
    assert [noticed.killed, missed.killed] in ([False, True], [True, False])
    faults = {trial.mutant.becomes: trial.fault for trial in (noticed, missed)}
    assert faults == {"if x >= 3:": "no check noticed", "if x < 3:": ""}


def test_an_explained_mutant_is_no_fault_until_it_is_noticed():
    """Explained and not noticed is as it should be; explained and noticed is an untrue line."""
    (trial,) = tried("assert f(4) == [4, 2]", "if x >= 3:", why="f is never called with 3")
    assert (trial.killed, trial.fault) == (False, "")
    test = "assert f(4) == [4, 2]\nassert f(3) == [3, 5]"
    (trial,) = tried(test, "if x >= 3:", why="f is never called with 3")
    assert "noticed" in trial.fault


def test_a_mutant_left_to_chance_may_be_noticed():
    """Where hidden inputs decide by chance whether a check notices, either is as it should be."""
    why = {"why": "3 is seldom drawn", "by_chance": True}
    (trial,) = tried("assert f(4) == [4, 2]", "if x >= 3:", **why)
    assert (trial.killed, trial.fault) == (False, "")
    (trial,) = tried("assert f(3) == [3, 5]", "if x >= 3:", **why)
    assert (trial.killed, trial.fault) == (True, "")


def test_a_check_that_breaks_is_not_a_mutant_noticed():
    """A grader error under a mutant is a fault of the check."""
    broken = release("1 / 0", visible="")
    (trial,) = audit.mutant_trials(broken, mutants.make(broken)[:1], workers=1)
    assert not trial.killed
    assert "grader error" in trial.fault
