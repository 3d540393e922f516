"""Complete answers beside a lab's source: right ones, wrong ones, and the notebooks they make.

Owns the format of ``solutions/<lab>/answers/*.py`` and the way from an answer to the notebook file
that a candidate would hand in. The sample cohort and the audit are both made of these, so neither
can drift from the lab.

A cell `# %% task="id"` is written instead of the reference's; `# %% edit="id"` says how the
reference's is changed, like a diff: lines that begin with `-` give way to those that begin with
`+`, all others stand beside them, and `@@` is between two changes. What an edit replaces must stand
in the reference exactly once, so that an answer cannot drift from the lab either.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
import yaml
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict, ValidationError

from autograde import assemble, source
from autograde.catalog import Release
from autograde.errors import LabError


class Header(BaseModel):
    """The comment block at the top of an answer, read as YAML.

    Attributes
    ----------
    kind
        Whether it must get full marks.
    about
        One sentence: how it differs from the reference, or which mistake it makes.
    loses
        Ids of exactly the tasks that must lose points.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["right", "wrong"]
    about: str
    loses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One answer: its task cells by grade id, and extra cells by the grade id they follow."""

    name: str
    header: Header
    tasks: Mapping[str, str]
    extras: Mapping[str | None, list[str]]


def load(lab: str, root: Path, release: Release) -> list[Answer]:
    """All answers of a lab, by name.

    Raises
    ------
    LabError
        For a header or a cell that says something unknown.
    """
    folder = root / "solutions" / lab / "answers"
    return [_read(path, root, release) for path in sorted(folder.glob("*.py"))]


def _read(path: Path, root: Path, release: Release) -> Answer:
    first, *cells = source.read_cells(path, root)
    comment = [line.removeprefix("#").removeprefix(" ") for line in first.source.splitlines()]
    try:
        header = Header.model_validate(yaml.safe_load("\n".join(comment)))
    except (yaml.YAMLError, ValidationError) as error:
        raise LabError(f"the comment block at the top is no header: {error}", path=path) from error
    unknown = set(header.loses) - {task.id for task in release.lab.tasks}
    if unknown or (header.kind == "wrong") != bool(header.loses):
        raise LabError("`loses` names tasks of the lab, and is for wrong answers only", path=path)
    tasks: dict[str, str] = {}
    extras: dict[str | None, list[str]] = {}
    given = assemble.sources(release)
    solutions = given.stubs
    reference = {
        assemble.marks(cell)["grade_id"]: without_markers(cell.source)
        for cell in given.notebook.cells
        if assemble.is_solution(cell)
    }
    for cell in cells:
        if "edit" in cell.keys:
            grade_id = str(cell.keys["edit"]).replace(".", "_")
            try:
                tasks[grade_id] = edited(reference[grade_id], cell.source)
            except (KeyError, ValueError) as error:
                why = f"cannot be applied: {error}"
                raise LabError(why, path=path, line=cell.line, cell=f"edit {grade_id}") from error
        elif cell.grade_id is None:
            extras.setdefault(cell.keys.get("after"), []).append(cell.source)
        elif cell.grade_id in solutions:
            tasks[cell.grade_id] = cell.source
        else:
            raise LabError("the lab has no such task", path=path, line=cell.line, cell=cell.name)
    return Answer(path.stem, header, tasks, extras)


def edited(text: str, edit: str) -> str:
    """A text with an edit's changes made.

    Raises
    ------
    ValueError
        If what a change replaces does not stand in the text exactly once.
    """
    for change in re.split(r"^@@$\n?", edit, flags=re.MULTILINE):
        lines = change.rstrip("\n").split("\n")
        was = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        becomes = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        before, found, after = f"\n{text}\n".partition(f"\n{was}")
        if not was.strip() or not found or f"\n{was}" in f"\n{after}":
            raise ValueError(f"not exactly one place reads {was.strip()!r}")
        text = f"{before}\n{becomes}{after}"[1:-1]
    return text


def notebook(release: Release, answer: Answer | None) -> bytes:
    """The notebook file that hands in this answer (None: the blank lab).

    Tasks that the answer does not write are the reference's.
    """
    given = assemble.sources(release)
    cells: list[NotebookNode] = []
    written = answer.tasks if answer else {}
    extras = dict(answer.extras) if answer else {}
    for original in given.notebook.cells:
        cell = nbformat.from_dict(original)
        grade_id: Any = assemble.marks(cell).get("grade_id")
        if assemble.is_solution(cell):
            cells += map(nbformat.v4.new_code_cell, extras.pop(None, []))
            reference = given.stubs[grade_id] if answer is None else without_markers(cell.source)
            cell.source = written.get(grade_id, reference)
        elif assemble.is_test(cell):
            cell.source = assemble.released(cell)
        cells.append(cell)
        cells += map(nbformat.v4.new_code_cell, extras.pop(grade_id, []) if grade_id else [])
    made = nbformat.from_dict(given.notebook)
    made.cells = cells
    for index, cell in enumerate(made.cells):
        cell["id"] = f"cell-{index}"
    return f"{nbformat.writes(made)}\n".encode()


def without_markers(source: str) -> str:
    """A solution cell as a candidate would leave it: without the lines that mark its region."""
    markers = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(x for x in source.split("\n") if not x.strip().startswith(markers))


def cohort(listed: Sequence[Answer]) -> dict[str, Answer | None]:
    """A small cohort by candidate name: a right answer, a few wrong ones, and a blank lab."""
    right = [a for a in listed if a.header.kind == "right"][:1]
    wrong = [a for a in listed if a.header.kind == "wrong"][:3]
    names: dict[str, Answer | None] = {f"sample-{a.name}": a for a in right + wrong}
    return {**names, "sample-blank": None}
