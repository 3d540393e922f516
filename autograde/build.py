"""From ``solutions/<lab>/`` to what candidates and graders get.

Owns the way from checked cells to ``course/source/<lab>/`` (the instructor's notebook and data),
and from there, by nbgrader's own ``generate_assignment``, to ``labs/<lab>/`` (the candidate's) and
to the gradebook. Owns no rule about ``lab.py`` (:mod:`autograde.source`) or ``lab.yaml``
(:mod:`autograde.catalog`).

The same sources always give the same bytes: cell ids are hashes of what a cell is, never of where
it stands, and a file is only written when its content changes.
"""

import hashlib
import importlib.util
import io
import json
import logging
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograde import catalog
from autograde.catalog import Lab
from autograde.errors import LabError
from autograde.source import HIDDEN, Cell, check, last_expression, read_cells, split

SECRET_LENGTH = 12  # a shorter line ("return out", "else:") says nothing about the answer
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


@dataclass(frozen=True)
class Built:
    """What came of building a lab; its text is the line that a command prints."""

    name: str
    changed: bool
    cells: int
    points: float

    def __str__(self) -> str:
        """Return one line such as ``junior-eda: unchanged (31 cells, 100 points)``."""
        state = "built" if self.changed else "unchanged"
        return f"{self.name}: {state} ({self.cells} cells, {self.points:g} points)"


def build(names: Iterable[str], root: Path) -> list[Built]:
    """Build some labs; see :func:`build_lab`."""
    return [build_lab(name, root) for name in names]


def build_lab(name: str, root: Path) -> Built:
    """Build one lab: ``course/source/<lab>/``, ``labs/<lab>/`` and its entry in the gradebook.

    Parameters
    ----------
    name
        The lab's name.
    root
        The repository's root, with ``nbgrader_config.py``.

    Returns
    -------
    Built
        What was built, and whether that changed any file.

    Raises
    ------
    UsageError
        If there is no such lab.
    LabError
        If its sources are wrong, the gradebook holds submissions that the new notebook does not
        fit, or a secret line would be released. Then ``labs/<lab>/`` is as it was before.
    """
    lab = catalog.load(name, root)
    cells = read_cells(root / "solutions" / name / "lab.py", root)
    check(lab, cells)
    notebook = compose(lab, cells)
    with tempfile.TemporaryDirectory() as scratch:
        source, release = Path(scratch, "source"), Path(scratch, "release")
        source.mkdir()
        write_data(root / "solutions" / name / "data.py", source / "data", root)
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        (source / f"{name}.ipynb").write_text(text, encoding="utf-8")
        config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        course = CourseDirectory(config=config, assignment_id=name)
        _fit_gradebook(name, notebook["cells"], course)
        changed = _mirror(source, Path(course.format_path(course.source_directory, ".", name)))
        labs = Path(course.format_path(course.release_directory, ".", name)).resolve()
        # Not straight to labs/: nbgrader removes the whole folder first, and again if it fails.
        course.release_directory = str(release)
        _generate(course, config)
        _refuse_leaks(cells, release / name / f"{name}.ipynb", root, name)
        changed |= _mirror(release / name, labs)
    return Built(name, changed, len(cells), lab.points)


def compose(lab: Lab, cells: Sequence[Cell]) -> dict[str, Any]:
    """Make the instructor's notebook of checked cells.

    Parameters
    ----------
    lab
        The lab, which has the points.
    cells
        The cells of its ``lab.py``, which :func:`autograde.source.check` accepts.

    Returns
    -------
    dict
        A notebook of nbformat 4.5 with nbgrader's metadata (schema 3). A locked cell that belongs
        to one side says which at ``metadata["autograde"]["side"]``; the cell of parameters has
        papermill's tag, and checks have Jupyter's for a cell that may fail.
    """
    points = {grade_id: part.points for grade_id, part in catalog.grade_ids(lab)}
    composed = []
    seen: Counter[str] = Counter()
    for cell in cells:
        digest = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        name = cell.grade_id or ("free_" if cell.free else "locked_") + digest
        seen[name] += 1
        if seen[name] > 1:  # the same text twice, such as a rule between sections
            name += f"_{seen[name]}"
        metadata: dict[str, Any] = {}
        if not cell.free:
            graded = cell.graded
            metadata["nbgrader"] = {
                "grade": graded,
                "grade_id": name,
                "locked": "task" not in cell.keys,
                "schema_version": 3,
                "solution": "task" in cell.keys,
                "task": False,
            }
            if graded:
                value = points[name]
                metadata["nbgrader"]["points"] = int(value) if value.is_integer() else value
        if "side" in cell.keys:
            metadata["autograde"] = {"side": cell.keys["side"]}
        if "parameters" in cell.keys:
            metadata["tags"] = ["parameters"]
        if "check" in cell.keys:
            # In JupyterLab "Run All" goes on after a check that fails, to the tasks that follow.
            metadata["tags"] = ["raises-exception"]
        entry: dict[str, Any] = {
            "cell_type": cell.type,
            "id": hashlib.sha1(name.encode()).hexdigest()[:12],
            "metadata": metadata,
            "source": _with_success(cell, points).splitlines(keepends=True),
        }
        if cell.type == "code":
            entry |= {"execution_count": None, "outputs": []}
        composed.append(entry)
    return {"cells": composed, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _with_success(cell: Cell, points: Mapping[str, float]) -> str:
    """A cell's text; a check says at the end of what is released that it passed, and its points.

    Nothing is added where the last expression is the score, where something follows the hidden
    tests, or nothing is before them.
    """
    if "check" not in cell.keys:
        return cell.source
    assert cell.grade_id is not None  # true of every check
    worth = f"{points[cell.grade_id]:g} point{'s' * (points[cell.grade_id] != 1)}"
    visible, begin, secret = cell.source.partition(f"\n### BEGIN {HIDDEN}\n")
    asks = re.search(r"^[^#\s]", visible, re.MULTILINE)
    if begin and asks and secret.rstrip().endswith(f"\n### END {HIDDEN}"):
        words = f"Visible check passed. This part has {worth}; grading tests it further."
        return f'{visible.rstrip()}\nprint("{words}"){begin}{secret}'
    if HIDDEN in cell.source or last_expression(cell.source):
        return cell.source
    return f'{cell.source.rstrip()}\nprint("Check passed. This part has {worth}.")'


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Make a lab's modules importable for a while and leave no trace of them.

    Two labs have modules of the same names, and bytecode files would hide an edit that keeps a
    file's size and second.
    """
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = bytecode
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and Path(file).is_relative_to(folder):
                del sys.modules[name]
        importlib.invalidate_caches()


def write_data(file: Path, folder: Path, root: Path, variant: int = 0) -> None:
    """Let the lab's ``data.py``, if it has one, write the files of a variant into a folder.

    Raises
    ------
    LabError
        If it raises.
    """
    if not file.is_file():
        return
    name = f"_data_of_{file.parent.name}"
    with importable(file.parent):
        try:
            spec = importlib.util.spec_from_file_location(name, file)
            # True of every path that ends in .py.
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.write(folder, variant)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == str(file)]
            raise LabError(
                f"write(folder, variant) raised {type(error).__name__}: {error}",
                path=file.relative_to(root),
                line=lines[-1] if lines else None,
            ) from error


def _fit_gradebook(name: str, cells: Sequence[Mapping[str, Any]], course: CourseDirectory) -> None:
    """Make a gradebook that holds submissions accept the new notebook, or say why it cannot.

    nbgrader refuses any change of the set of cells then, even of a locked text whose typo was
    corrected. Only graded and solution cells carry scores and comments; other cells are exchanged.
    """
    marks = {
        mark["grade_id"]: (mark, cell["cell_type"])
        for cell in cells
        if (mark := cell["metadata"].get("nbgrader"))
    }
    new = {name for name, (mark, _) in marks.items() if mark["grade"] or mark["solution"]}
    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            stored = gradebook.find_notebook(name, name)
        except MissingEntry:
            return
        if not stored.submissions:
            return
        old = {cell.name for cell in (*stored.grade_cells, *stored.solution_cells)}
        if old != new:
            changes = [f"+{cell}" for cell in sorted(new - old)]
            changes += [f"-{cell}" for cell in sorted(old - new)]
            raise LabError(
                f"the gradebook holds submissions to this lab ({len(stored.submissions)}), but its "
                f"graded cells changed ({', '.join(changes)}). Keep what was graded with "
                f"`nbgrader export`, remove it with `nbgrader db assignment remove {name} --force`,"
                " build again and regrade",
                path=Path("solutions", name),
            )
        for cell in list(stored.source_cells):
            if cell.name not in marks:
                gradebook.db.delete(cell)
        gradebook.db.commit()
        for grade_id in marks.keys() - {cell.name for cell in stored.source_cells}:
            # nbgrader fills in the rest when it generates the assignment.
            gradebook.add_source_cell(grade_id, name, name, cell_type=marks[grade_id][1])


def _generate(course: CourseDirectory, config: Config) -> None:
    """Run nbgrader's ``generate_assignment``; what it logs is only shown when it fails."""
    log = logging.Logger("generate_assignment", logging.ERROR)
    messages = io.StringIO()
    log.addHandler(logging.StreamHandler(messages))
    try:
        GenerateAssignment(coursedir=course, config=config, log=log, force=True).start()
    except Exception as error:
        raise LabError(
            f"nbgrader could not generate the assignment:\n{messages.getvalue() or error}",
            path=Path("solutions", course.assignment_id),
        ) from error


def _refuse_leaks(cells: Sequence[Cell], released: Path, root: Path, name: str) -> None:
    """Raise if a line of a solution or a hidden test is in the released notebook."""
    shown = "\n".join(_strings(json.loads(released.read_bytes())))
    parts = [(cell, split(cell.source)) for cell in cells]
    # A reference answer without a region is secret as a whole.
    whole = {id(cell) for cell, regions in parts if cell.manual and not regions.secret}
    visible = "\n".join(
        line for cell, regions in parts if id(cell) not in whole for line in regions.visible
    )
    leaks = []
    for cell, regions in parts:
        secret = regions.visible if id(cell) in whole else regions.hidden
        for line in map(str.strip, secret):
            if len(line) > SECRET_LENGTH and line not in visible and line in shown:
                leaks.append(
                    LabError(
                        f"a secret line would be released: {line}",
                        path=Path("solutions", name, "lab.py"),
                        line=cell.line,
                        cell=cell.name,
                    )
                )
    if leaks:
        raise catalog.together(leaks)


def _strings(value: object) -> Iterator[str]:
    """Yield all texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in (*value.keys(), *value.values()):
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _mirror(source: Path, target: Path) -> bool:
    """Make a folder's files equal another's, touching only those that differ; say if any did."""
    new, old = catalog.files(source), catalog.files(target)
    for path in old.keys() - new.keys():
        (target / path).unlink()
    for path, content in new.items():
        if old.get(path) != content:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)
    return new != old
