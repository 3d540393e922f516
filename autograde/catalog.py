"""The labs on disk: where they are, what ``lab.yaml`` may say, and what grading one of them takes.

Owns the schema of ``lab.yaml``, the names of nbgrader's cells (:func:`grade_ids`) and
:class:`Release`, a lab by value. Owns no building (:mod:`autograde.build`) and no grading. It reads
notebooks as plain JSON, because importing nbformat costs more than everything else here together.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from autograde.errors import LabError, UsageError

ID = r"^[a-z][a-z0-9_]*$"
JUNK = {".ipynb_checkpoints", "__pycache__"}


Level = Literal["junior", "mid", "senior"]
#: One of the guide's three roles, or all of them.
Track = Literal["all", "research", "platform", "mlops"]


class Entry(BaseModel):
    """Base of everything in ``lab.yaml``: immutable, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Entry):
    """A text in the two languages of the readers."""

    ko: str
    en: str


class Limits(Entry):
    """What one submission may use while it is graded.

    Attributes
    ----------
    seconds, cell_seconds
        Wall-clock time for the notebook and for one cell.
    cpu_seconds
        CPU time of all the candidate's processes.
    memory_mb
        Memory in MiB of all the candidate's processes, beyond the libraries' own.
    processes
        Most processes and threads at a time.
    open_files
        Most open files of one process.
    disk_mb
        Most MiB that may be written: the working directory, /tmp, /dev/shm and the home together.
    output_kb
        Most KiB of output kept from one cell.
    """

    seconds: float = Field(default=300, gt=0)
    cell_seconds: float = Field(default=60, gt=0)
    cpu_seconds: float = Field(default=600, gt=0)
    memory_mb: int = Field(default=2048, gt=0)
    processes: int = Field(default=64, gt=0)
    open_files: int = Field(default=256, ge=64)
    disk_mb: int = Field(default=256, gt=0)
    output_kb: int = Field(default=256, gt=0)


class Needs(Entry):
    """What the machine that grades the lab must have."""

    gpu: bool = False
    ray: bool = False


class Task(Entry):
    """One task: its points live here and nowhere else.

    Attributes
    ----------
    parts
        Points of each part, which sum to ``points``; empty if the task is judged as a whole.
    core
        Whether the task counts among those that a candidate of the lab's level must solve.
    competency
        What its points speak for, such as ``statistics``: of the whole task, or of each part. A
        scorecard sums points by it.
    """

    id: str = Field(pattern=ID)
    title: str = ""
    points: float = Field(gt=0)
    minutes: float = Field(gt=0)
    core: bool = False
    parts: dict[str, float] = {}
    competency: str | dict[str, str] = ""

    @model_validator(mode="after")
    def _competencies_are_of_the_parts(self) -> Self:
        if not isinstance(self.competency, str) and set(self.competency) != set(self.parts):
            raise ValueError("competency must be one word, or one for each of the parts")
        return self

    def competency_of(self, part: str | None) -> str:
        """What the points of a part speak for; of the whole task for None."""
        if isinstance(self.competency, str):
            return self.competency
        return self.competency.get(part or "", "")

    @model_validator(mode="after")
    def _parts_sum_to_points(self) -> Self:
        if any(points <= 0 for points in self.parts.values()):
            raise ValueError("each part must have more than 0 points")
        total = sum(self.parts.values())
        if self.parts and not math.isclose(total, self.points):
            raise ValueError(f"parts sum to {total:g}, but the task has {self.points:g} points")
        return self


class Lab(Entry):
    """A lab as ``lab.yaml`` describes it; ``name`` is its folder's.

    ``track`` is the guide's role that the lab asks for, if it is one role's rather than all.
    """

    name: str
    title: Text
    summary: Text
    level: Level
    track: Track = "all"
    minutes: float = Field(gt=0)
    libraries: list[str]
    tasks: list[Task] = Field(min_length=1)
    limits: Limits = Limits()
    needs: Needs = Needs()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, seen in (
            ("task id", [task.id for task in self.tasks]),
            ("name for a cell of nbgrader", [cell for cell, _ in grade_ids(self)]),
        ):
            twice = sorted(name for name, count in Counter(seen).items() if count > 1)
            if twice:
                raise ValueError(f"the same {what} twice: {', '.join(twice)}")
        return self

    @property
    def points(self) -> float:
        """Most points that a submission can earn."""
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True)
class Part:
    """What a graded cell decides: a whole task (``part`` is None) or one part of it.

    Attributes
    ----------
    manual
        Whether a person reads the answer; otherwise the cell is a check that runs.
    """

    task: str
    part: str | None
    points: float
    manual: bool


def grade_ids(lab: Lab) -> Iterator[tuple[str, Part]]:
    """Yield each grade id that a lab's graded cells may have, with what such a cell decides.

    Every part comes twice, as a check (``check_join_all``, ``check_findings_claims``) and as an
    answer that a person reads (``findings_memo``): which of the two it is stands in the notebook.

    Parameters
    ----------
    lab
        The lab.

    Yields
    ------
    tuple of str and Part
        The grade id and its meaning.
    """
    for task in lab.tasks:
        for part, points in (task.parts or {"": task.points}).items():
            cell = f"{task.id}_{part}" if part else task.id
            for manual in (False, True):
                yield (
                    cell if manual else f"check_{cell}",
                    Part(task.id, part or None, points, manual),
                )


#: What nbgrader puts in place of a solution, where nobody says otherwise.
NBGRADERS_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


@dataclass(frozen=True)
class Release:
    """Everything that grading one lab takes, by value, so that it can travel to another machine.

    Attributes
    ----------
    name
        The lab's name, which is also the assignment's and the notebook's in nbgrader.
    lab
        What ``lab.yaml`` says.
    source
        The instructor's notebook, with solutions and hidden tests, as nbformat JSON.
    public
        Files that the candidate has beside the notebook: relative POSIX path to content.
    private
        Modules that only checks may import, and ``lab.py``, in which a check may read the solution;
        file name to content.
    stub
        What stands for a solution in the notebook that candidates got, if not ours.
    """

    name: str
    lab: Lab
    source: bytes
    public: Mapping[str, bytes] = field(default_factory=dict)
    private: Mapping[str, bytes] = field(default_factory=dict)
    stub: Sequence[str] | None = None

    @cached_property
    def graded(self) -> dict[str, Part]:
        """What each graded cell decides: grade id to part, in notebook order.

        Raises
        ------
        LabError
            If the notebook and ``lab.yaml`` do not agree on the graded cells or their points.
        """
        # Answers after checks: a foreign notebook may hold both `a` and `check_a`, each a task.
        possible = dict(sorted(grade_ids(self.lab), key=lambda item: item[1].manual))
        found = {}
        for cell, meta in _graded_cells(self.source, self.name):
            part = possible.get(meta["grade_id"])
            if part is None or part.points != float(meta["points"]):
                raise LabError(
                    "the built notebook does not match lab.yaml; "
                    f"run `autograde build {self.name}`",
                    path=f"{self.name}.ipynb",
                    cell=meta["grade_id"],
                )
            manual = cell["cell_type"] == "markdown" or bool(meta.get("solution"))
            found[meta["grade_id"]] = replace(part, manual=manual)
        return found

    @cached_property
    def tests_hash(self) -> str:
        """Hexadecimal SHA-256 of all that can change a score but data: tests, limits and points."""
        rules = {
            "name": self.name,
            "limits": self.lab.limits.model_dump(),
            "points": [[task.id, task.points, task.parts] for task in self.lab.tasks],
        }
        entries = [("rules", json.dumps(rules, sort_keys=True).encode()), ("source", self.source)]
        entries += [(path, self.private[path]) for path in sorted(self.private)]
        return _digest(entries)

    @cached_property
    def data_hash(self) -> str:
        """Hexadecimal SHA-256 of the files that the candidate has beside the notebook."""
        return _digest((path, self.public[path]) for path in sorted(self.public))


def _digest(entries: Iterable[tuple[str, bytes]]) -> str:
    """Hash contents with their names.

    Lengths go in too: otherwise moving a byte from one file to the next would change nothing.
    """
    digest = hashlib.sha256()
    for name, content in entries:
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def root(start: Path | None = None) -> Path:
    """Return the repository's root: the nearest folder with ``pyproject.toml`` and ``solutions/``.

    Parameters
    ----------
    start
        Where to begin to look upwards; the working directory by default.

    Returns
    -------
    Path
        An absolute path.

    Raises
    ------
    UsageError
        If there is no such folder.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "solutions").is_dir():
            return folder
    raise UsageError(f"no folder with pyproject.toml and solutions/ at or above {start}")


def names(root: Path) -> list[str]:
    """Return the sorted names of the labs that have a source under ``solutions/``."""
    return sorted(
        folder.name
        for folder in (root / "solutions").iterdir()
        if any((folder / file).is_file() for file in ("lab.py", "lab.yaml"))
    )


def load(name: str, root: Path) -> Lab:
    """Read and validate ``solutions/<name>/lab.yaml``.

    Parameters
    ----------
    name
        The lab's name.
    root
        The repository's root.

    Returns
    -------
    Lab
        The lab.

    Raises
    ------
    UsageError
        If there is no such lab.
    LabError
        If the file is missing or wrong; all faults at once, each with its line.
    """
    if name not in names(root):
        raise UsageError(f"no lab called {name!r}; there are: {', '.join(names(root)) or 'none'}")
    file = root / "solutions" / name / "lab.yaml"
    shown = file.relative_to(root)
    if not file.is_file():
        raise LabError("the file is missing", path=shown)
    try:
        text = file.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise LabError(
            f"no valid YAML: {getattr(error, 'problem', None) or error}",
            path=shown,
            line=mark.line + 1 if mark else None,
        ) from error
    except UnicodeDecodeError as error:
        raise LabError(f"not UTF-8: {error.reason}", path=shown) from error
    if not isinstance(content, dict):
        raise LabError("must hold a mapping with title, level, tasks, ...", path=shown, line=1)
    if "name" in content:
        raise LabError("the lab's name is its folder's: remove `name`", path=shown)
    try:
        return Lab.model_validate({"name": name, **content})
    except ValidationError as error:
        raise together(
            LabError(
                ".".join(map(str, fault["loc"])) + f": {fault['msg'].removeprefix('Value error, ')}"
                if fault["loc"]
                else fault["msg"].removeprefix("Value error, "),
                path=shown,
                line=_line(tree, fault["loc"]),
            )
            for fault in error.errors()
        ) from error


def release(name: str, root: Path) -> Release:
    """Collect what grading a lab takes from a repository in which it has been built.

    Parameters
    ----------
    name
        The lab's name.
    root
        The repository's root.

    Returns
    -------
    Release
        The lab by value.

    Raises
    ------
    UsageError
        If there is no such lab.
    LabError
        If the lab is wrong, not built, or changed since it was built.
    """
    lab = load(name, root)
    built = root / "course" / "source" / name
    notebook = built / f"{name}.ipynb"
    if not notebook.is_file():
        raise LabError(
            f"the lab is not built; run `autograde build {name}`", path=notebook.relative_to(root)
        )
    found = Release(
        name=name,
        lab=lab,
        source=notebook.read_bytes(),
        # From the build, not from labs/: there, a person who tries the lab leaves files behind.
        public={path: file for path, file in files(built).items() if path != notebook.name},
        private={
            file.name: file.read_bytes()
            for file in sorted((root / "solutions" / name).glob("*.py"))
        },
    )
    missing = {task.id for task in lab.tasks} - {part.task for part in found.graded.values()}
    if missing:
        raise LabError(
            f"built before {', '.join(sorted(missing))} was added to lab.yaml; "
            f"run `autograde build {name}`",
            path=notebook.relative_to(root),
        )
    return found


def release_from_notebook(name: str, source: bytes) -> Release:
    """Make a release of any nbgrader notebook: a task for each graded cell, default limits.

    Parameters
    ----------
    name
        The assignment's name.
    source
        The instructor's notebook, as nbformat JSON.

    Returns
    -------
    Release
        A release without files.

    Raises
    ------
    LabError
        If the bytes are no notebook or a graded cell has no id or points.
    """
    tasks = [
        # Without validation: such a notebook's ids and points follow nbgrader's rules, not ours.
        Task.model_construct(
            id=meta["grade_id"], title=meta["grade_id"], points=float(meta["points"]), minutes=0.0
        )
        for _, meta in _graded_cells(source, name)
    ]
    lab = Lab.model_construct(
        name=name,
        title=Text(ko=name, en=name),
        summary=Text(ko="", en=""),
        level="junior",
        minutes=0.0,
        libraries=[],
        tasks=tasks,
    )
    return Release(name=name, lab=lab, source=source, stub=NBGRADERS_STUB)


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of all files under a folder, by relative POSIX path, sorted.

    What Jupyter and Python leave behind is not counted; a folder that does not exist is empty.
    """
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        relative.as_posix(): paths[relative].read_bytes()
        for relative in sorted(paths)
        if not JUNK.intersection(relative.parts)
    }


def together(errors: Iterator[LabError] | Sequence[LabError]) -> LabError:
    """Make one error of several (at least one), so that an author sees them all at once."""
    found = list(errors)
    return found[0] if len(found) == 1 else LabError("\n".join(map(str, found)))


def _graded_cells(source: bytes, name: str) -> Iterator[tuple[Any, Any]]:
    """Yield each graded cell of a notebook with its nbgrader metadata."""
    path = f"{name}.ipynb"
    try:
        cells = json.loads(source)["cells"]
        metas = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError("not a notebook of nbformat 4", path=path) from error
    seen = set()
    for cell, meta in zip(cells, metas, strict=True):
        # nbgrader's "manually graded task" has points without being marked as graded.
        if not (meta.get("grade") or meta.get("task")):
            continue
        grade_id = meta.get("grade_id")
        if not grade_id or "points" not in meta:
            raise LabError("a graded cell has no id or no points", path=path, cell=grade_id)
        if grade_id in seen:
            raise LabError("two graded cells have this id", path=path, cell=grade_id)
        seen.add(grade_id)
        yield cell, meta


def _line(tree: yaml.Node | None, location: Sequence[int | str]) -> int | None:
    """Return the 1-based line of the deepest part of a location that the file has."""
    if tree is None:
        return None
    if location and isinstance(tree, yaml.MappingNode):
        for key, value in tree.value:
            if key.value == location[0]:
                # A scalar is found by its key: the key's line is what an editor should open.
                inside = isinstance(value, yaml.CollectionNode) and location[1:]
                return _line(value, location[1:]) if inside else int(key.start_mark.line) + 1
    elif location and isinstance(tree, yaml.SequenceNode) and isinstance(location[0], int):
        return _line(tree.value[location[0]], location[1:])
    return int(tree.start_mark.line) + 1
