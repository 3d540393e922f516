"""Mutants of a lab's reference: each has one small change, which a check should notice.

Owns what is changed (operators of cosmic-ray, and two for chains of calls), the reading of
``solutions/<lab>/mutants.yaml``, in which an author explains the mutants that are no mistake, and
the small lab in which a mutant is graded. Owns no verdict: that is :mod:`autograde.audit`.

An explanation names the task, the line as it was, the line as the mutant has it, and why no check
should notice the difference, and whether chance decides it. One that fits no mutant any more is
refused.
"""

import ast
import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Name
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from autograde import answers, assemble, catalog
from autograde.errors import LabError
from autograde.source import SOLUTION, split

#: Of cosmic-ray's many replacements those that people confuse: each operator with its neighbour
#: and its opposite. All of them would be ten mutants for each `+`, which say the same.
CHOSEN = (
    *(f"ReplaceBinaryOperator_{pair}" for pair in (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_FloorDiv", "Pow_Mul",
        "BitOr_BitAnd", "BitAnd_BitOr",
    )),
    *(f"ReplaceComparisonOperator_{pair}" for pair in (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_Gt", "LtE_Lt", "LtE_GtE", "Gt_GtE", "Gt_Lt", "GtE_Gt",
        "GtE_LtE", "Is_IsNot", "IsNot_Is",
    )),
    *(f"ReplaceUnaryOperator_{pair}" for pair in ("Delete_Not", "Delete_USub", "Delete_Invert")),
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "ExceptionReplacer", "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip


class DropKeyword(Operator):
    """Leave out one keyword argument of a call: ``merge(b, how="left")`` to ``merge(b)``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Where: each ``name=value`` between a call's brackets."""
        if node.type == "argument" and node.children[0].type == "name" and node.children[1] == "=":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Put ``**{}`` in its place, which keeps the commas right."""
        return Name("**{}", node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> Iterable[Any]:
        """None: tested with our own tests."""
        return ()


class DropMethod(Operator):
    """Leave out one call without arguments in a chain: ``a.dropna().mean()`` to ``a.mean()``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Where: each ``.name()`` after something."""
        for first, _ in self._pairs(node):
            yield first.start_pos, first.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Remove the name and the brackets."""
        first, second = list(self._pairs(node))[index]
        node.children = [child for child in node.children if child not in (first, second)]
        return node

    @staticmethod
    def _pairs(node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type not in ("power", "atom_expr"):
            return
        for first, second in zip(node.children[1:], node.children[2:], strict=False):
            if first.type == second.type == "trailer" and first.children[0] == ".":
                inside = second.children[1:-1]
                if second.children[0] == "(" and not inside:
                    yield first, second

    @classmethod
    def examples(cls) -> Iterable[Any]:
        """None: tested with our own tests."""
        return ()


class Explained(BaseModel):
    """A mutant that no check can or should notice, and why, in one line.

    Attributes
    ----------
    task
        Grade id of the solution cell, as in ``# %% task="…"``.
    was, becomes
        The changed lines before and after, without indentation, joined by ``⏎`` if several.
    why
        Why the mutant answers as the reference does, wherever the text says what to answer.
    by_chance
        Whether chance in the hidden inputs decides if a check notices; then both are well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    was: str
    becomes: str
    why: str
    by_chance: bool = False


@dataclass(frozen=True)
class Mutant:
    """The reference with one change.

    Attributes
    ----------
    cell
        Grade id of the solution cell.
    task
        The task whose checks should notice.
    was, becomes
        As in :class:`Explained`.
    source
        The whole changed cell.
    explained
        Why no check need notice, or None.
    """

    cell: str
    task: str
    was: str
    becomes: str
    source: str
    explained: Explained | None = None


def make(release: catalog.Release, explained: Sequence[Explained] = ()) -> list[Mutant]:
    """All mutants of the reference's solution regions, in notebook order, no two alike.

    A cell of a magic command, such as one that writes a file, is left as it is.

    Raises
    ------
    LabError
        If an explanation fits none of them.
    """
    tasks = {part.task: part for part in release.graded.values()}
    reasons = {(e.task, e.was, e.becomes): e for e in explained}
    made, used = [], set()
    for cell in assemble.sources(release).notebook.cells:
        if not (assemble.is_solution(cell) and cell.cell_type == "code"):
            continue
        if cell.source.startswith("%%"):
            continue
        grade_id = assemble.marks(cell)["grade_id"]
        for was, becomes, source in _changes(cell.source):
            key = (grade_id, was, becomes)
            used.add(key)
            task = _task_of(grade_id, tasks)
            made.append(Mutant(grade_id, task, was, becomes, source, reasons.get(key)))
    stale = [key for key in reasons if key not in used]
    if stale:
        raise LabError(
            f"explains a mutant that does not exist (any more): {stale[0]}",
            path=Path("solutions") / release.name / "mutants.yaml",
        )
    return made


def _task_of(grade_id: str, tasks: Iterable[str]) -> str:
    # Ids of parts are `task_part`, and a task's own id may have underscores too.
    fitting = [task for task in tasks if grade_id == task or grade_id.startswith(f"{task}_")]
    return max(fitting, key=len)


def _changes(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield each change of a cell's region: lines before, lines after, the whole cell after."""
    inside = {line.strip() for line in split(source).secret[SOLUTION]}
    code = answers.without_markers(source)
    before = code.split("\n")
    seen = {ast.dump(ast.parse(code))}
    for operator in _operators():
        for occurrence in range(10_000):
            changed = mutate_code(code, operator, occurrence)
            if changed is None:
                break
            try:
                shape = ast.dump(ast.parse(changed))
            except SyntaxError:
                continue
            if shape in seen:
                continue
            seen.add(shape)
            was, becomes = _difference(before, changed.split("\n"))
            if all(line in inside for line in was):
                yield " ⏎ ".join(was), " ⏎ ".join(becomes), changed


def _operators() -> Iterator[Operator]:
    provider = OperatorProvider()
    for name in CHOSEN:
        yield provider[name]()
    yield DropKeyword()
    yield DropMethod()


def _difference(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    was, becomes = [], []
    for line in difflib.ndiff(before, after):
        if line.startswith("- "):
            was.append(line[2:].strip())
        elif line.startswith("+ "):
            becomes.append(line[2:].strip())
    return was, becomes


def load(lab: str, root: Path) -> list[Explained]:
    """What ``solutions/<lab>/mutants.yaml`` explains; nothing if there is no such file.

    Raises
    ------
    LabError
        If the file is not a list of explanations.
    """
    path = root / "solutions" / lab / "mutants.yaml"
    if not path.exists():
        return []
    try:
        return TypeAdapter(list[Explained]).validate_python(yaml.safe_load(path.read_text()) or [])
    except (yaml.YAMLError, ValidationError) as error:
        raise LabError(f"no list of explained mutants: {error}", path=path) from error


def only(release: catalog.Release, task: str) -> catalog.Release:
    """The lab with the checks of one task alone: all that grading a mutant of it takes."""
    notebook = json.loads(release.source)
    parts = release.graded
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if not assemble.is_test(cell) or parts[assemble.marks(cell)["grade_id"]].task == task
    ]
    return replace(release, source=json.dumps(notebook).encode())
