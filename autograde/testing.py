"""Small labs and submissions for tests, in plain words.

Owns makers only; what they make is graded by the real machinery. Public, because an author of a
check wants to try it on a lab of three cells too.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograde import assemble, catalog, execute, intake
from autograde.errors import IntakeError
from autograde.verdict import Result


def locked(source: str, name: str = "setup", side: str | None = None) -> NotebookNode:
    """A read-only cell of the instructor's, for both sides or for one."""
    cell = _cell(source, name, grade=False, locked=True, solution=False)
    if side is not None:
        cell.metadata["autograde"] = {"side": side}
    return cell


def task(name: str, solution: str) -> NotebookNode:
    """A solution cell: ``solution`` is the body of ``def <name>(x)``."""
    lines = "\n".join(f"    {line}" for line in solution.splitlines())
    source = f"def {name}(x):\n    ### BEGIN SOLUTION\n{lines}\n    ### END SOLUTION"
    return _cell(source, name, grade=False, locked=False, solution=True)


def check(name: str, visible: str, hidden: str = "", points: float = 10) -> NotebookNode:
    """The check of a task: visible lines, then hidden ones."""
    region = f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS" if hidden else ""
    cell = _cell(visible + region, f"check_{name}", grade=True, locked=True, solution=False)
    cell.metadata.nbgrader["points"] = points
    return cell


def free(source: str) -> NotebookNode:
    """A cell that nbgrader does not know."""
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    return cell


def _cell(source: str, name: str, **flags: bool) -> NotebookNode:
    mark = {"schema_version": 3, "grade_id": name, "task": False, "cell_type": "code", **flags}
    metadata = {"nbgrader": mark}
    cell: NotebookNode = nbformat.v4.new_code_cell(source, metadata=metadata, id=f"id-{name}")
    return cell


def lab(
    *cells: NotebookNode, private: Mapping[str, bytes] | None = None, **limits: float
) -> catalog.Release:
    """A lab of these cells; its tasks and points are those of its checks.

    ``limits`` are those of ``lab.yaml``; short ones by default, for tests of loops that never end.
    """
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    tasks = [
        {"id": mark["grade_id"].removeprefix("check_"), "points": mark["points"], "minutes": 1}
        for mark in map(assemble.marks, cells)
        if mark.get("grade")
    ]
    text = {"ko": "시험", "en": "trial"}
    described = catalog.Lab.model_validate(
        {
            "name": "trial",
            "title": text,
            "summary": text,
            "level": "junior",
            "minutes": 1,
            "libraries": [],
            "tasks": tasks,
            "limits": {"seconds": 120, "cell_seconds": 20, **limits},
        }
    )
    source = nbformat.writes(notebook).encode()
    return catalog.Release("trial", described, source, private=private or {})


def hand_in(
    release: catalog.Release,
    answers: Mapping[str, str] | None = None,
    *,
    before: Sequence[str] = (),
    after: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The released notebook as JSON, with solution cells filled in.

    Parameters
    ----------
    release
        The lab.
    answers
        Whole sources of solution cells by name; the others stay as released.
    before
        Extra cells at the top.
    after
        Extra cells by the grade id that they follow.
    """
    made = assemble.assemble(release, intake.Submission(()))
    del made.metadata["autograde"]
    cells: list[NotebookNode] = [free(source) for source in before]
    for cell in made.cells:
        name: Any = assemble.marks(cell).get("grade_id")
        cell["id"] = f"id-{name}" if name else cell["id"]
        if name in (answers or {}):
            cell.source = (answers or {})[name]
        cells.append(cell)
        if name in (after or {}):
            cells.append(free((after or {})[name]))
    made.cells = cells
    tree: dict[str, Any] = json.loads(nbformat.writes(made))
    return tree


def grade(
    release: catalog.Release,
    notebook: Mapping[str, Any] | bytes,
    files: Mapping[str, bytes] | None = None,
) -> tuple[Result, NotebookNode]:
    """Grade a notebook with the real machinery: the result and the executed notebook."""
    data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    try:
        cells, remarks = intake.parse(data)
        submission = intake.Submission(cells, files or {}, "", remarks)
    except IntakeError as error:
        submission = intake.Submission((), files or {}, str(error))
    assembled = assemble.assemble(release, submission)
    result = execute.grade(assembled, release, submission.files, candidate="someone")
    return result, assembled
