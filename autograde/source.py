"""What an author writes in ``lab.py``: its cells, and everything that can be wrong with them.

Owns the reading of py:percent files and the rules for cells: their keys, their regions, how they
fit ``lab.yaml``. Owns no notebook (:mod:`autograde.build`).

Besides plain cells (text that is read-only, code that the candidate may edit), a marker may say
``locked=true`` (with ``side="grader"`` or ``side="candidate"``), ``task="id"`` or ``check="id"``;
a part of a task is ``id.part``. One locked cell may say ``parameters=true``: it holds the defaults
after which papermill puts what a regrade sets.
"""

import ast
import builtins
import re
import symtable
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograde.catalog import Lab, together
from autograde.errors import LabError
from autograde.imports import imported_names

SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"
#: What a candidate finds in the place of a solution: it must fail, and say what is missing.
STUB = (
    "# YOUR CODE HERE",
    'raise NotImplementedError("not written yet: write it here, run this cell, then its checks")',
)
# With jupytext's own reading of magics, the comment `# cat is a name` becomes a command.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
MARKER = re.compile(r"^\s*#\s*%%(%*\s|\s*$)")
MAGIC = re.compile(r"^# (?=%%?[a-z])")
COMMENTED = re.compile(r"# %%[a-z].*(\n(#( .*)?)?)+")


@dataclass(frozen=True)
class Cell:
    """One cell of a py:percent file.

    Attributes
    ----------
    type
        ``code`` or ``markdown``.
    keys
        What its marker says, such as ``{"task": "join_all"}``.
    source
        Its text; a magic command on the first line may stand there as a comment (``# %%bash``),
        and if it is one of a whole cell, so may all lines after it: text that is no Python.
    line
        1-based line of its marker, as far as known.
    marked
        False for text before the first marker.
    """

    type: str
    keys: Mapping[str, Any]
    source: str
    line: int | None = None
    marked: bool = True

    @property
    def name(self) -> str | None:
        """What an error message calls the cell: ``check join_all``; None if only a line can."""
        return next((f"{k} {self.keys[k]}" for k in ("task", "check") if k in self.keys), None)

    @property
    def grade_id(self) -> str | None:
        """The cell's id in nbgrader if it is a task or check cell."""
        prefix = "check_" if "check" in self.keys else ""
        key = self.keys.get("check", self.keys.get("task"))
        return None if key is None else prefix + str(key).replace(".", "_")

    @property
    def manual(self) -> bool:
        """Whether a person reads and grades what the candidate writes here."""
        return self.type == "markdown" and "task" in self.keys

    @property
    def graded(self) -> bool:
        """Whether the cell has points: a check, or an answer that a person reads."""
        return "check" in self.keys or self.manual

    @property
    def free(self) -> bool:
        """Whether nothing is said about the cell: the candidate may change or delete it."""
        return self.type == "code" and not self.keys


@dataclass(frozen=True)
class Regions:
    """A cell's text, taken apart at its marked regions as nbgrader does it.

    Attributes
    ----------
    visible
        What is released, with the stub in place of each solution.
    secret
        The lines of each kind of region that the cell has.
    faults
        What is wrong with the markers, each with a line of the cell (from 1).
    """

    visible: list[str] = field(default_factory=list)
    secret: dict[str, list[str]] = field(default_factory=dict)
    faults: list[tuple[str, int]] = field(default_factory=list)

    @property
    def hidden(self) -> list[str]:
        """All lines that nbgrader removes."""
        return [line for lines in self.secret.values() for line in lines]


def read_cells(path: Path, root: Path) -> list[Cell]:
    """Read a py:percent file.

    Parameters
    ----------
    path
        The file.
    root
        The folder that paths in messages start from.

    Returns
    -------
    list of Cell
        Its cells in order, without empty ones that have no key.

    Raises
    ------
    LabError
        If the file is missing or jupytext cannot read it.
    """
    shown = path.relative_to(root)
    try:
        text = path.read_text(encoding="utf-8")
        parsed = jupytext.reads(text, fmt=PERCENT).cells
    except FileNotFoundError as error:
        raise LabError("the file is missing", path=shown) from error
    except Exception as error:
        raise LabError(f"no py:percent file: {error}", path=shown) from error
    lines = text.split("\n")
    start = lines.index("# ---", 1) + 1 if lines[0] == "# ---" and "# ---" in lines[1:] else 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    marked = start < len(lines) and MARKER.match(lines[start]) is not None
    cells: list[Cell] = []
    for cell in parsed:
        # How jupytext would write the cell back is no property of the cell.
        keys = {
            key: value
            for key, value in cell.metadata.items()
            if key not in ("lines_to_next_cell", "cell_marker")
        }
        if not cell.source.strip() and not keys:
            continue
        # jupytext knows no lines; a marker inside a string is not followed by the cell's text.
        first = cell.source.split("\n")[0]
        line = next(
            (
                n
                for n in range(start, len(lines))
                if MARKER.match(lines[n]) and first in "\n".join(lines[n + 1 : n + 3])
            ),
            None,
        )
        if not marked and not cells:
            cells.append(Cell(cell.cell_type, keys, cell.source, 1, marked=False))
            continue
        start = start if line is None else line + 1
        source = _without_comments(cell.source) if cell.cell_type == "code" else cell.source
        cells.append(Cell(cell.cell_type, keys, source, None if line is None else line + 1))
    return cells


def _without_comments(source: str) -> str:
    """Return a code cell's text with the magic command, or all of its text, taken out of comments.

    ``lab.py`` stays Python so: ``%%writefile README.md`` is followed by text that is none.
    """
    if COMMENTED.fullmatch(source):
        return "\n".join(line[2:] for line in source.split("\n"))
    return MAGIC.sub("", source)


def split(source: str, stub: Sequence[str] = STUB) -> Regions:
    """Take a cell's text apart at its SOLUTION and HIDDEN TESTS regions.

    ``stub`` is what nbgrader puts in place of a solution.
    """
    regions = Regions()
    inside, opened = None, 0
    for number, line in enumerate(source.split("\n"), start=1):
        begin = next((kind for kind in (SOLUTION, HIDDEN) if f"BEGIN {kind}" in line), None)
        end = next((kind for kind in (SOLUTION, HIDDEN) if f"END {kind}" in line), None)
        # nbgrader acts on any line that holds these words, so they may not mean anything else.
        if (begin or end) and line.strip() not in (f"### BEGIN {begin}", f"### END {end}"):
            regions.faults.append((f"write `### BEGIN ...` or `### END ...` alone: {line}", number))
        if begin:
            if inside:
                regions.faults.append((f"BEGIN {begin} inside a {inside} region", number))
            inside, opened = begin, number
            regions.secret.setdefault(begin, [])
            if begin == SOLUTION:
                indent = line[: len(line) - len(line.lstrip())]
                regions.visible.extend(indent + text for text in stub)
        elif end:
            if inside != end:
                regions.faults.append((f"END {end} without its BEGIN", number))
            inside = None
        elif inside:
            regions.secret[inside].append(line)
        else:
            regions.visible.append(line)
    if inside:
        regions.faults.append((f"BEGIN {inside} without its END", opened))
    return regions


def check(lab: Lab, cells: Sequence[Cell]) -> None:
    """Check a lab's cells by themselves, with each other and against ``lab.yaml``.

    Parameters
    ----------
    lab
        The lab.
    cells
        The cells of its ``lab.py``.

    Raises
    ------
    LabError
        If anything is wrong; all faults at once, in the order of lines.
    """
    path = Path("solutions", lab.name, "lab.py")
    faults = [
        LabError(message, path=path, line=line, cell=name)
        for message, line, name in (
            *(fault for cell in cells for fault in _cell_faults(cell)),
            *_lab_faults(lab, cells),
            *_clashes(cells),
            *_foreign_scores(cells),
        )
    ]
    if faults:
        raise together(sorted(faults, key=lambda fault: fault.line or 0))


Fault = tuple[str, int | None, str | None]  # message, line in lab.py, name of the cell


def _cell_faults(cell: Cell) -> Iterator[Fault]:
    """Yield what is wrong with a cell by itself."""

    def fault(message: str, offset: int = 0) -> Fault:
        return message, None if cell.line is None else cell.line + offset, cell.name

    if not cell.marked:
        yield fault("text before the first `# %%` belongs to no cell")
        return
    if cell.type == "raw":
        yield fault("a raw cell is shown to nobody; use [markdown]")
    for key, value in cell.keys.items():
        if key in ("task", "check"):
            if not isinstance(value, str) or not re.fullmatch(r"\w+(\.\w+)?", value):
                yield fault(f'write {key}="task" or {key}="task.part", not {key}={value!r}')
        elif key in ("locked", "parameters"):
            if value is not True:
                yield fault(f"write {key}=true, not {key}={value!r}")
        elif key == "side":
            if value not in ("grader", "candidate"):
                yield fault(f'write side="grader" or side="candidate", not side={value!r}')
        elif key == "title":
            yield fault(f"{value!r} is no cell key; did you forget a value or quotes?")
        else:
            yield fault(f"unknown cell key {key!r} ({value!r})")
    if len(cell.keys.keys() & {"task", "check", "locked"}) > 1:
        yield fault("a cell is one of task, check and locked")
    if "side" in cell.keys and "locked" not in cell.keys:
        yield fault("only a locked cell can belong to one side")
    if "side" in cell.keys and cell.type != "code":
        yield fault("only code runs on a side")
    if "parameters" in cell.keys and "locked" not in cell.keys:
        yield fault("only a locked cell can hold the parameters")
    if "parameters" in cell.keys and ("side" in cell.keys or cell.type != "code"):
        yield fault("parameters are code for both sides")
    if "check" in cell.keys and cell.type != "code":
        yield fault("a check is code; an answer that a person reads is [markdown] task=...")
    regions = split(cell.source)
    for message, offset in regions.faults:
        yield fault(message, offset)
    if SOLUTION in regions.secret and "task" not in cell.keys:
        yield fault("a SOLUTION region outside a task cell")
    if HIDDEN in regions.secret and "check" not in cell.keys:
        yield fault("a HIDDEN TESTS region outside a check cell")
    if cell.type != "code":
        return
    if "task" in cell.keys and SOLUTION not in regions.secret:
        yield fault("no SOLUTION region: nothing would be removed, the solution would be released")
    error = _syntax_error(cell.source)
    if error is not None:
        yield fault(f"no valid Python: {error.msg}", error.lineno or 0)
    elif not regions.faults and (error := _syntax_error("\n".join(regions.visible))) is not None:
        yield fault(f"no valid Python as the candidate gets it, without regions: {error.msg}")


def _lab_faults(lab: Lab, cells: Sequence[Cell]) -> Iterator[Fault]:
    """Yield what does not fit together between ``lab.py`` and ``lab.yaml``."""
    tasks = {task.id: task for task in lab.tasks}
    answered: set[str] = set()  # tasks that have a task cell so far
    judged: Counter[str] = Counter()  # how many graded cells each task or part has
    seen: set[str] = set()
    for cell in [cell for cell in cells if "parameters" in cell.keys][1:]:
        yield "a second cell of parameters; papermill knows only one", cell.line, cell.name
    for cell in cells:
        key = cell.keys.get("task", cell.keys.get("check"))
        if not isinstance(key, str) or cell.grade_id is None:
            continue
        task_id, _, part = key.partition(".")
        if cell.grade_id in seen:
            yield f"a second cell with the id {cell.grade_id!r}", cell.line, cell.name
        seen.add(cell.grade_id)
        task = tasks.get(task_id)
        if task is None:
            yield f"lab.yaml has no task {task_id!r}, hence no points", cell.line, cell.name
            continue
        parts = ", ".join(f"{task_id}.{name}" for name in task.parts)
        if part and part not in task.parts:
            yield (
                f"lab.yaml gives part {part!r} of {task_id!r} no points; it has: {parts or '-'}",
                cell.line,
                cell.name,
            )
        elif cell.graded and task.parts and not part:
            yield f"{task_id!r} is graded in parts: name one of {parts}", cell.line, cell.name
        if "task" in cell.keys:
            answered.add(task_id)
        elif task_id not in answered:
            yield f"a check without a task cell for {task_id!r} before it", cell.line, cell.name
        judged[key] += cell.graded
    for task in lab.tasks:
        units = [f"{task.id}.{part}" for part in task.parts] or [task.id]
        if task.id not in answered and not any(judged[unit] for unit in units):
            yield f"task {task.id!r} of lab.yaml has no cells", None, None
            continue
        for unit in units:
            if not judged[unit]:
                yield f'{unit!r} has no check: add a cell `# %% check="{unit}"`', None, None
            elif judged[unit] > 1:
                yield f"{unit!r} is graded by {judged[unit]} cells", None, None


def _clashes(cells: Sequence[Cell]) -> Iterator[Fault]:
    """Yield names that both a locked cell and a task cell define.

    In a check such a name would be the locked cell's, and the candidate's would never be tested. An
    import on both sides is harmless, and a cell that runs only on the candidate's side is no rival.
    """
    locked: dict[str, tuple[bool, Cell]] = {}
    code = [cell for cell in cells if cell.type == "code"]
    for cell in code:
        if "locked" in cell.keys and cell.keys.get("side") != "candidate":
            locked |= {name: (imported, cell) for name, imported in _bindings(cell.source)}
    for cell in code:
        if "task" not in cell.keys:
            continue
        for name, imported in _bindings(cell.source):
            if name in locked and not (imported and locked[name][0]):
                where = f"the locked cell at line {locked[name][1].line}"
                yield (
                    f"{name!r} is also defined by {where}: which one would a check mean?",
                    cell.line,
                    cell.name,
                )


def _foreign_scores(cells: Sequence[Cell]) -> Iterator[Fault]:
    """Yield checks whose last expression is something of the candidate's.

    Its value is the score, and what the candidate's function returns may be a number.
    """
    code = [cell for cell in cells if cell.type == "code"]
    shared = {*dir(builtins), "get_ipython", "display", *(_imports(*code) - {"*"})}
    for cell in code:
        if "locked" in cell.keys and cell.keys.get("side") != "candidate":
            shared |= _defined(cell)
    for cell in code:
        if "check" not in cell.keys or _syntax_error(cell.source) is not None:
            continue
        last = last_expression(cell.source)
        if last is None:
            continue
        root = last.value
        while isinstance(root, ast.Call | ast.Attribute | ast.Subscript | ast.Await):
            root = root.func if isinstance(root, ast.Call) else root.value
        # With a star import among them, nobody can tell what the names are.
        if isinstance(root, ast.Name) and not {root.id, "*"} & (shared | _defined(cell)):
            text = ast.unparse(last)
            yield (
                f"the check ends in `{text}`, so its value would be the score, and {root.id!r} is "
                f"the candidate's: write `assert {text} == ...`, or `_ = {text}` if the value "
                "does not matter",
                None if cell.line is None else cell.line + last.lineno,
                cell.name,
            )


def last_expression(source: str) -> ast.Expr | None:
    """Return what a valid code cell ends in if it has a value, which nbgrader takes as a score."""
    last = ast.parse(_python(source)).body[-1:]
    if last and isinstance(last[0], ast.Expr) and not source.rstrip().endswith(";"):
        return last[0]
    return None


def _imports(*cells: Cell) -> set[str]:
    """Return the names that stand for modules in a check if these cells are in the lab."""
    nodes = [NotebookNode(cell_type="code", source=cell.source) for cell in cells]
    return set(imported_names(NotebookNode(cells=nodes)))


def _defined(cell: Cell) -> set[str]:
    """Return the global names that a code cell defines; ``*`` for those of a star import."""
    return _imports(cell) | {name for name, _ in _bindings(cell.source)}


def _syntax_error(source: str) -> SyntaxError | None:
    """Return what keeps a cell from being compiled as IPython would, a warning included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            code = _python(source)
            # dont_inherit: this module's own __future__ imports are not the cell's.
            compile(code, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        return error
    return None


def _python(source: str) -> str:
    """Return a cell's text with its magic commands as Python."""
    return str(TransformerManager().transform_cell(source))


def _bindings(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each global name that a valid cell binds, and whether it only imports it."""
    if _syntax_error(source) is not None:
        return
    code = _python(source)
    for symbol in symtable.symtable(code, "<cell>", "exec").get_symbols():
        if (symbol.is_assigned() or symbol.is_imported()) and symbol.get_name() != "_":
            yield symbol.get_name(), symbol.is_imported() and not symbol.is_assigned()
