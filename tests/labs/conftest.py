"""A lab as its tests see it: text, cells, data and hidden checks, run in plain namespaces.

Without kernels: what a check decides must follow from its code alone. That the grading machinery
comes to the same, for every answer, is what `autograde audit` says.
"""

import ast
import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from autograde import answers, catalog, checks, source
from autograde.build import build_lab, importable
from autograde.source import HIDDEN, Cell, split

ROOT = catalog.root(Path(__file__).parent)

mpl.use("agg")


class Lab:
    """One lab, with its ``data`` and ``hidden`` imported and a candidate's folder written.

    Parameters
    ----------
    name
        The lab's name.
    folder
        An empty folder for the candidate's files.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.about = catalog.load(name, ROOT)
        self.cells = source.read_cells(ROOT / "solutions" / name / "lab.py", ROOT)
        self.text = "\n".join(cell.source for cell in self.cells if cell.type == "markdown")
        self.data: ModuleType = importlib.import_module("data")
        self.hidden: ModuleType = importlib.import_module("hidden")
        self.folder = folder
        self.data.write(folder / "data")
        # A task without parts is one part without a name.
        self.points = {
            f"{task.id}.{part}" if part else task.id: points
            for task in self.about.tasks
            for part, points in (task.parts or {"": task.points}).items()
        }

    def build(self, root: Path) -> None:
        """Build the lab from nothing in another place, an empty folder."""
        for file in ("pyproject.toml", "nbgrader_config.py"):
            shutil.copy(ROOT / file, root)
        shutil.copytree(ROOT / "solutions" / self.name, root / "solutions" / self.name)
        build_lab(self.name, root)

    def right_answers(self, root: Path) -> list[answers.Answer]:
        """The answers that say they are right; ``root`` is where the lab has been built."""
        listed = answers.load(self.name, root, catalog.release(self.name, root))
        return [answer for answer in listed if answer.header.kind == "right"]

    def files(self, answer: answers.Answer | None) -> dict[str, bytes]:
        """What an answer's cells write, None for the reference, by path."""
        parts = (cell.source.partition("\n") for cell in self._with(answer))
        return {
            first.split()[1]: answers.without_markers(body).encode()
            for first, _, body in parts
            if first.startswith("%%writefile ")
        }

    def grade(self, answer: answers.Answer | None) -> tuple[dict[str, float], dict[str, str]]:
        """Run an answer's cells, None for the reference: points of each part, reasons of losses."""
        space: dict[str, Any] = {}
        points, reasons = {}, {}
        for cell in self._with(answer):
            unit = cell.keys.get("check")
            try:
                value = evaluate(cell.source, space)
            except Exception as error:
                if unit is None:
                    raise
                points[unit], reasons[unit] = 0.0, f"{type(error).__name__}: {error}"
                continue
            if unit is not None:
                points[unit] = self.points[unit] if value is None else float(value)
                if points[unit] < self.points[unit]:
                    reasons[unit] = f"{points[unit]:.2f} of {self.points[unit]}: " + getattr(
                        value, "reason", ""
                    )
        plt.close("all")
        return points, reasons

    def hidden_alone(self, defined: Any) -> Iterator[tuple[str, float]]:
        """Run only the hidden tests, every function of the tasks being ``defined``.

        A file of the tasks is as it was handed out. Yields the part and the share of its points
        that was earned.
        """
        space: dict[str, Any] = {}
        for cell in self.cells:
            if cell.type != "code":
                continue
            if "check" in cell.keys:
                unit = cell.keys["check"]
                try:
                    value = evaluate("\n".join(split(cell.source).secret.get(HIDDEN, [])), space)
                except Exception:
                    value = 0
                yield unit, 1.0 if value is None else float(value) / self.points[unit]
            elif cell.source.startswith("%%writefile"):
                evaluate("\n".join(split(cell.source).visible), space)
            elif "task" in cell.keys:
                for node in ast.parse(cell.source).body:
                    if isinstance(node, ast.FunctionDef | ast.ClassDef):
                        space[node.name] = defined
            elif "locked" in cell.keys:
                evaluate(cell.source, space)
        plt.close("all")

    def _with(self, answer: answers.Answer | None) -> Iterator[Cell]:
        tasks = dict(answer.tasks) if answer else {}
        extras = dict(answer.extras) if answer else {}
        for cell in self.cells:
            if cell.type != "code":
                continue
            if "task" in cell.keys:
                yield from (Cell("code", {}, text) for text in extras.pop(None, []))
            yield Cell(cell.type, cell.keys, tasks.get(cell.grade_id or "", cell.source))
            yield from (Cell("code", {}, text) for text in extras.pop(cell.grade_id, []))


def evaluate(text: str, space: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last line if that is an expression."""
    if text.startswith("%%writefile "):
        first, _, content = text.partition("\n")
        Path(first.removeprefix("%%writefile ")).write_text(content + "\n", encoding="utf-8")
        return None
    tree = ast.parse(text)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), space)
    if last is not None:
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
    return None


@pytest.fixture(scope="module", params=catalog.names(ROOT))
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Each lab in turn, in a candidate's folder; its modules are unseen by other labs' tests."""
    here = Path.cwd()
    with importable(ROOT / "solutions" / request.param):
        made = Lab(request.param, tmp_path_factory.mktemp("lab"))
        os.chdir(made.folder)
        yield made
        os.chdir(here)


@pytest.fixture
def data(lab: Lab) -> ModuleType:
    """The lab's ``data.py``."""
    return lab.data


@pytest.fixture(autouse=True)
def first_seeds() -> Iterator[None]:
    """Leave the seeds of hidden inputs as they were."""
    seed = checks._seed
    yield
    checks._begin(seed)
