"""The notebook under grading: assembled from the release, never repaired from the submission.

Owns the rule of what is taken from whom. Order, instructor cells, metadata and tags come from the
instructor's notebook; from the submission come only the sources of solution cells, by id or, where
that is gone, by place, and the candidate's own extra cells, at their places. Whatever else differs
is reported as tampering and has no effect. The result holds no hidden test: those are looked up
when a check runs.
"""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograde.catalog import Release
from autograde.errors import LabError
from autograde.imports import parse
from autograde.intake import Cell, Submission
from autograde.source import SOLUTION, STUB, split

TEXT_STUB = ("YOUR ANSWER HERE",)
AUTOTEST = re.compile(r"^\s*#.*AUTOTEST", re.MULTILINE)
_DIFFERS = "differs from the release; the released one was used"


def marks(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """nbgrader's metadata of a cell; empty for a cell that it does not know."""
    found: Mapping[str, Any] = cell["metadata"].get("nbgrader") or {}
    return found if found.get("grade_id") else {}


def is_solution(cell: Mapping[str, Any]) -> bool:
    """Whether the candidate writes this cell."""
    return bool(marks(cell).get("solution"))


def is_test(cell: Mapping[str, Any]) -> bool:
    """Whether this cell is an automatic check."""
    mark = marks(cell)
    return cell["cell_type"] == "code" and bool(mark.get("grade")) and not mark.get("solution")


@dataclass(frozen=True)
class Sources:
    """A release's notebook read once: the instructor's cells and what candidates were given."""

    notebook: NotebookNode
    stubs: Mapping[str, str]
    tests: Mapping[str, str]
    free: tuple[str, ...]


def sources(release: Release) -> Sources:
    """Read the instructor's notebook of a release.

    ``stubs`` are the solution cells as released (regions replaced as nbgrader does), ``tests``
    the full test cells with their hidden regions, both by grade id; ``free`` are the sources of
    the code cells that candidates may change or delete.

    Raises
    ------
    LabError
        If a test is still to be written by nbgrader.
    """
    notebook = nbformat.reads(release.source.decode(), as_version=4)
    for cell in notebook.cells:
        # Until nbgrader has put a test in place of such a comment, everybody would pass it.
        if is_test(cell) and AUTOTEST.search(cell.source):
            raise LabError(
                "an AUTOTEST comment is no test yet: give nbgrader's notebook from "
                "source_with_tests/ instead",
                path=f"{release.name}.ipynb",
                cell=marks(cell)["grade_id"],
            )
    stubs = {
        marks(cell)["grade_id"]: released(cell, release.stub or STUB)
        for cell in notebook.cells
        if is_solution(cell)
    }
    tests = {marks(cell)["grade_id"]: cell.source for cell in notebook.cells if is_test(cell)}
    free = [c.source for c in notebook.cells if c.cell_type == "code" and not marks(c)]
    return Sources(notebook, stubs, tests, tuple(free))


def assemble(release: Release, submission: Submission) -> NotebookNode:
    """Make the notebook under grading.

    Its metadata gets an ``autograde`` entry: the lab's name, the submission's digest, the reason
    if it was unreadable, and one sentence for each thing that was tampered with or was odd.
    """
    given = sources(release)
    known = {marks(c)["grade_id"]: c for c in given.notebook.cells if marks(c)}
    originals, extras, tampering = _sort_cells(submission, known, given)

    cells = [_own_cell(cell) for cell in extras.get(None, [])]
    for original in given.notebook.cells:
        cell = nbformat.from_dict(original)
        grade_id: Any = marks(cell).get("grade_id")
        if grade_id is None and submission.cells:
            continue  # a free cell is the candidate's: theirs, if they kept it, is an extra
        if is_solution(cell):
            own = originals.get(grade_id)
            cell.source = given.stubs[grade_id] if own is None else own.source
        elif is_test(cell):
            cell.source = released(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
        if grade_id is not None:
            cells += [_own_cell(extra) for extra in extras.get(grade_id, [])]

    notebook: NotebookNode = nbformat.from_dict(given.notebook)
    notebook.cells = _with_unique_ids(cells)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.setdefault(
        "kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"}
    )
    notebook.metadata["autograde"] = {
        "lab": release.name,
        "submission": submission.digest,
        "problem": submission.problem,
        "tampering": tampering,
        "remarks": list(submission.remarks),
    }
    return notebook


def _sort_cells(
    submission: Submission, known: Mapping[str, NotebookNode], given: Sources
) -> tuple[dict[str, Cell], dict[str | None, list[Cell]], list[str]]:
    """The cell that counts for each grade id, extra cells by the id that they follow, tampering."""
    candidates: dict[str, list[Cell]] = {}
    for cell in submission.cells:
        if cell.grade_id is not None and cell.grade_id in known:
            candidates.setdefault(cell.grade_id, []).append(cell)
    originals: dict[str, Cell] = {}
    for grade_id, copies in candidates.items():
        # JupyterLab gives a pasted copy a new cell id, so the old id tells the original.
        same = (c for c in copies if c.cell_id == known[grade_id].get("id"))
        originals[grade_id] = next(same, copies[0])
    rewritten = _rewritten(submission.cells, known, originals, given)
    tampering: list[str] = []
    for grade_id, original in known.items():
        if grade_id in originals:
            copies = candidates[grade_id]
            if len(copies) > 1:
                tampering.append(f"there were {len(copies)} copies of the cell {grade_id!r}")
            tampering += _differences(grade_id, originals[grade_id], original, given)
        elif submission.cells:
            used = "candidate's in its place" if grade_id in rewritten else "released one"
            tampering.append(f"the cell {grade_id!r} is missing; the {used} was used")
    originals |= rewritten
    places = {id(cell): grade_id for grade_id, cell in originals.items()}

    extras: dict[str | None, list[Cell]] = {}
    anchor: str | None = None
    for cell in submission.cells:
        if id(cell) in places:
            anchor = places[id(cell)]
            continue
        if cell.grade_id is not None and cell.grade_id in known:
            # A copy of a solution cell is code that the candidate wrote: an extra cell, unless
            # it is the untouched stub, which would undo the answer above it. A copy marks no
            # place: a draft above the answer must not run after it.
            if not is_solution(known[cell.grade_id]):
                continue
            if same_code(cell.source, given.stubs[cell.grade_id]):
                continue
        extras.setdefault(anchor, []).append(cell)
    return originals, extras, tampering


def _rewritten(
    cells: Sequence[Cell],
    known: Mapping[str, NotebookNode],
    originals: Mapping[str, Cell],
    given: Sources,
) -> dict[str, Cell]:
    """New cells that stand where solution cells are missing, by the grade id of these.

    VS Code and Colab let a candidate delete what JupyterLab does not, and write the answer in a
    new cell; the stub, put back after it, would undo it. Where a neighbour is missing too, nobody
    can say which cell stands where.
    """
    places = {id(cell): index for index, cell in enumerate(cells)}
    where = {grade_id: places[id(cell)] for grade_id, cell in originals.items()}
    found: dict[str, Cell] = {}
    used: set[int] = set()
    for before, grade_id, after in zip([None, *known], known, [*known, None][1:], strict=False):
        if grade_id in originals or not is_solution(known[grade_id]):
            continue
        start = -1 if before is None else where.get(before)
        end = len(cells) if after is None else where.get(after)
        if start is None or end is None:
            continue
        for cell in cells[start + 1 : end]:
            own = cell.grade_id not in known and cell.source.strip() and id(cell) not in used
            if own and cell.type == known[grade_id].cell_type and cell.source not in given.free:
                found[grade_id] = cell
                used.add(id(cell))
                break
    return found


def _differences(grade_id: str, cell: Cell, original: NotebookNode, given: Sources) -> list[str]:
    found = []
    if cell.type != original.cell_type:
        found.append(f"the cell {grade_id!r} was made a {cell.type} cell")
    if is_test(original):
        if _squeeze(cell.source) != _squeeze(released(original)):
            found.append(f"the test cell {grade_id!r} {_DIFFERS}")
    elif not is_solution(original) and _squeeze(cell.source) != _squeeze(original.source):
        found.append(f"the locked cell {grade_id!r} {_DIFFERS}")
    wanted = marks(original)
    for flag, value in cell.flags.items():
        if flag in wanted and value != wanted[flag]:
            found.append(f"{flag!r} of the cell {grade_id!r} differs from the release")
    return found


def _own_cell(cell: Cell) -> NotebookNode:
    """A cell of the candidate's own: its source and nothing else of it."""
    makers: dict[str, Callable[[str], NotebookNode]] = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    return makers[cell.type](cell.source)


def _with_unique_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Ids that depend on content and place alone, so that assembling twice gives equal bytes."""
    for index, cell in enumerate(cells):
        key = marks(cell).get("grade_id") or f"{index}:{cell.source}"
        cell["id"] = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cells


def released(cell: Mapping[str, Any], stub: Sequence[str] = STUB) -> str:
    """A cell's source as nbgrader releases it: without hidden tests, with stubs for solutions."""
    stub = stub if cell["cell_type"] == "code" else TEXT_STUB
    regions = split(cell["source"], stub)
    if is_solution(cell) and SOLUTION not in regions.secret:
        return "\n".join(stub)
    return "\n".join(regions.visible)


def same_code(left: str, right: str) -> bool:
    """Whether two cells hold the same code, whatever their comments and spacing."""
    if _squeeze(left) == _squeeze(right):
        return True
    try:
        return ast.dump(parse(left)) == ast.dump(parse(right))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def is_code(source: str) -> bool:
    """Whether a cell holds anything but comments and space."""
    ignored = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING),
        *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
    }
    try:
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        return any(token.type not in ignored for token in tokens)
    except (tokenize.TokenError, SyntaxError):
        return bool(source.strip())


def _squeeze(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
