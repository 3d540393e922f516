"""nbgrader's own notebooks, from its wheel, are what this grading must be able to read.

``nbgrader.tests`` has some fifty notebooks: sources, submissions to them and files that nbgrader
refuses. All are read; what is a source is graded with itself handed in; submissions are graded
against their source, for the points that nbgrader's tests expect of them. Where the points differ
on purpose, the test says why.
"""

from dataclasses import replace
from importlib.resources import as_file, files

import nbformat
import pytest

from autograde import assemble, catalog, intake
from autograde.errors import LabError
from autograde.testing import grade

with as_file(files("nbgrader.tests")) as folder:
    NOTEBOOKS = {
        path.relative_to(folder).as_posix().replace("files/", ""): path.read_bytes()
        for path in sorted(folder.glob("*/files/*.ipynb"))
    }

#: What nbgrader refuses too, and what an author is told.
REFUSED = {
    "apps/test-v0-invalid.ipynb": "no id or no points",
    "preprocessors/blank-grade-id.ipynb": "no id or no points",
    "preprocessors/blank-points.ipynb": "no id or no points",
    "preprocessors/duplicate-grade-ids.ipynb": "two graded cells have this id",
}
#: Sources whose tests nbgrader writes when it generates the assignment. Until then they hold a
#: comment that everybody would pass, so it is refused; what nbgrader leaves in
#: ``source_with_tests/`` is an ordinary notebook.
AUTOTEST = {f"apps/autotest-{kind}.ipynb" for kind in ("simple", "multi", "hashed", "hidden")}
#: Points of each check when the source itself is handed in, if it has any.
#: ``sum_of_squares_uses_squares`` puts a broken ``squares`` in place of the candidate's and wants
#: ``sum_of_squares`` to fail. With the verdict outside the candidate's process the name is only
#: replaced on the grader's side, so this check, and nothing else, finds fault with a right answer.
SQUARES = {
    "correct_squares": 1.0,
    "squares_invalid_input": 1.0,
    "correct_sum_of_squares": 0.5,
    "sum_of_squares_uses_squares": 0.0,
}
POINTS = {
    **dict.fromkeys(
        [f"apps/test{kind}.ipynb" for kind in ("", "-v0", "-v1", "-v2", "-with-output")], SQUARES
    ),
    # Right by its visible tests, wrong by its hidden ones.
    "apps/test-hidden-tests.ipynb": {
        **SQUARES,
        "correct_squares": 0.0,
        "correct_sum_of_squares": 0.0,
    },
    # Its test fails on purpose while nbgrader grades, and passes while a student validates.
    "apps/validating-environment-variable.ipynb": {"cell-bfbdf1784663b6b6": 0.0},
    # A sleep of some seconds, far below the limit.
    "apps/timeout.ipynb": {"correct_squares": 1.0},
    "apps/validation-zero-points.ipynb": {"correct_squares": 0.0},
    # Reads a file that the candidate hands in; in a blank notebook there is nothing to judge.
    "apps/open_relative_file.ipynb": {"open_file": 0.0},
    "ui-tests/open_relative_file.ipynb": {"open_file": 0.0},
}
#: Their checks import `nose`, which stopped working with Python 3.10: no points, whosever fault.
NOSE = {"preprocessors/test.ipynb", "preprocessors/test_taskcell.ipynb"}
#: Everything that can be an instructor's notebook, whatever nbgrader uses it for.
SOURCES = sorted(n for n in {*NOTEBOOKS} - {*REFUSED} if "autotest" not in n and "/sub" not in n)


def source(name):
    """A fixture as a lab's release, with short limits."""
    made = catalog.release_from_notebook(name.rpartition("/")[2][:-6], NOTEBOOKS[name])
    limits = catalog.Limits(seconds=12, cell_seconds=6)
    return replace(made, lab=made.lab.model_copy(update={"limits": limits}))


def scores(result):
    """Points by check."""
    return {verdict.cell: verdict.score for verdict in result.verdicts}


def test_the_wheel_has_its_notebooks():
    """If nbgrader moves its fixtures, these tests must not pass for want of any."""
    assert len(NOTEBOOKS) > 50
    assert {*REFUSED, *AUTOTEST, *POINTS} <= set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_one_is_read(name):
    """Old formats, bad metadata, a schema from the future: cells come out of every one."""
    cells, _ = intake.parse(NOTEBOOKS[name])
    assert cells
    assert len(intake.Submission(cells).digest) == 64


@pytest.mark.parametrize("name", REFUSED)
def test_a_source_that_nbgrader_refuses_is_refused_with_a_reason(name):
    """The error names the file and what is wrong with it."""
    with pytest.raises(LabError, match=REFUSED[name]):
        source(name)


@pytest.mark.parametrize("name", sorted(AUTOTEST))
def test_a_source_whose_tests_are_not_written_yet_is_refused(name):
    """An AUTOTEST comment would give everybody full points."""
    with pytest.raises(LabError, match="AUTOTEST"):
        assemble.sources(source(name))


@pytest.mark.parametrize("name", SOURCES)
def test_every_other_one_is_assembled(name):
    """With itself handed in and with nothing: a valid notebook with the same graded cells."""
    release = source(name)
    cells, remarks = intake.parse(NOTEBOOKS[name])
    for submission in (intake.Submission(cells, remarks=remarks), intake.Submission(())):
        notebook = assemble.assemble(release, submission)
        nbformat.validate(notebook)
        ids = [assemble.marks(cell).get("grade_id") for cell in notebook.cells]
        assert set(release.graded) <= set(ids)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_each_source_is_graded_with_itself_handed_in(name):
    """Loops, recursion, long output, no cells at all: an end, and the points that are known."""
    result, notebook = grade(source(name), NOTEBOOKS[name])
    if name in NOSE:
        assert result.score == 0
        assert all("nose" in verdict.detail for verdict in result.verdicts)
    else:
        assert result.status == "graded"
        assert scores(result) == POINTS.get(name, {})
    assert len(nbformat.writes(notebook)) < 1_000_000


# -- submissions against their source -----------------------------------------------------------

NOT_ATTEMPTED = {"foo": 0.0, "bar": 0.0}
#: nbgrader's tests expect 2, 1 and 1 of the two automatic points, as here, and 1 for the unchanged
#: notebook too: its test `foo` only prints. Here a task that was not begun has no points.
SUBMITTED = {
    "apps/submitted-unchanged": (NOT_ATTEMPTED, ""),
    "apps/submitted-changed": ({"foo": 1.0, "bar": 1.0}, ""),
    "apps/submitted-cheat-attempt": ({"foo": 1.0, "bar": 0.0}, ""),
    "apps/submitted-cheat-attempt-alternative": ({"foo": 1.0, "bar": 0.0}, ""),
    "apps/submitted-grade-cell-changed": (NOT_ATTEMPTED, "the test cell 'bar'"),
    "apps/submitted-locked-cell-changed": (NOT_ATTEMPTED, "the locked cell 'ro"),
    "preprocessors/submitted-changed": ({"foo": 1.0, "bar": 1.0}, ""),
    "preprocessors/submitted-answer-cell-type-changed": (NOT_ATTEMPTED, "was made a"),
    "preprocessors/submitted-grade-cell-type-changed": (NOT_ATTEMPTED, "was made a markdown"),
    "ui-tests/submitted-changed": ({"foo": 1.0, "bar": 1.0}, ""),
}
EVERYDAY = {"apps/submitted-changed", "apps/submitted-cheat-attempt", "apps/submitted-unchanged"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in EVERYDAY else pytest.mark.slow) for name in SUBMITTED],
)
def test_a_submission_gets_the_points_that_nbgrader_expects(name):
    """Honest, changed and cheating submissions; what was tampered with is named."""
    expected, words = SUBMITTED[name]
    release = source(f"{name.partition('/')[0]}/submitted-unchanged.ipynb")
    result, _ = grade(release, NOTEBOOKS[f"{name}.ipynb"])
    assert scores(result) == expected
    assert words in " ".join(result.tampering)
    assert bool(words) == bool(result.tampering)
    changed = expected != NOT_ATTEMPTED
    assert {reading.cell: reading.attempted for reading in result.readings} == {
        "baz": changed,
        "quux": changed,
    }
