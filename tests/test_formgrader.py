"""What a reader sees beside nbgrader's own page, and what candidates never see."""

import pytest
from nbformat import NotebookNode

from autograde import assemble, assignment, catalog
from autograde.formgrader import ForTheReader
from autograde.intake import Cell, Submission

MEMO = Cell("markdown", "because twice is once more", "memo")


def shown(root, submission, *, formgrader=True):
    """The cells' sources of kim's page, with what is added to it."""
    page = assemble.assemble(catalog.release("small", root), submission)
    names = {"submission_id": "1", "notebook_path": "course/autograded/kim/small/small.ipynb"}
    step = ForTheReader(root=str(root))
    found, _ = step.preprocess(NotebookNode(page), names if formgrader else {"nbgrader": {}})
    return [cell.source for cell in found.cells]


def test_reference_and_rubric_stand_above_the_answer(root):
    """Right above what the candidate wrote, the author's words for its reader."""
    cells = shown(root, Submission((MEMO,)))
    above = cells[cells.index(MEMO.source) - 1]
    assert "For the reader alone" in above
    assert "Full marks: says why." in above


def test_feedback_has_nothing_of_it(root):
    """nbgrader makes feedback with the same exporter: candidates read no rubric there."""
    cells = shown(root, Submission((MEMO,)), formgrader=False)
    assert MEMO.source in cells
    assert not any("Full marks" in source for source in cells)


def test_what_was_odd_stands_at_the_top(root):
    """Tampering, remarks and why it could not be read; nothing where nothing was odd."""
    (first, *_) = shown(root, Submission((), problem="the notebook has no cells"))
    assert "it could not be read" in first
    assert "the notebook has no cells" in first
    (first, *_) = shown(root, Submission((MEMO,), remarks=("it was saved by VS Code",)))
    assert "it was saved by VS Code" in first
    assert "'double' is missing" in first
    blank = assemble.assemble(catalog.release("small", root), Submission(()))
    whole = tuple(
        Cell(cell.cell_type, cell.source, assemble.marks(cell).get("grade_id"))
        for cell in blank.cells
    )
    assert "About this submission" not in shown(root, Submission(whole))[0]


@pytest.mark.parametrize(("seed", "said"), [(7, True), (0, False)])
def test_the_reader_knows_whose_numbers_the_reference_has(root, seed, said):
    """A candidate with data of their own has other numbers than the author."""
    assignment.assign("kim", ["small"], root, seed=seed)
    page = "\n".join(shown(root, Submission((MEMO,))))
    assert ("course/variants/small/7" in page) == said
