"""Reading what a candidate handed in, which may be anything.

Owns the way from a folder under ``course/submitted/`` to a :class:`Submission`: cells as plain
records, and the other files by value. Every limit and type is checked here, outside any sandbox,
so nothing is parsed that is not JSON and no link, pipe or device is followed. Owns no opinion on
whether the cells are the right ones (:mod:`autograde.assemble`).
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograde.errors import IntakeError

#: A notebook with stored pictures has a few megabytes; outputs are dropped in any case.
NOTEBOOK_BYTES = 100_000_000
FILES_BYTES = 50_000_000
FILES = 500
#: Folders inside each other; Python 3.11 walks a tree by recursion, so an endless one ends it.
FOLDERS_DEEP = 20
CELLS = 5_000
SOURCE_CHARACTERS = 1_000_000
NAME_BYTES = 200
#: Notebooks in one folder that are looked into.
NOTEBOOKS = 10
#: Browsers and mail programs add an ending of what they know to what they do not.
_NOTEBOOK = re.compile(r".+\.ipynb(\.txt|\.json)?", re.IGNORECASE)
#: Keys that other tools leave in a notebook's metadata, or in a cell's.
_TOOLS = {"colab": "Google Colab", "vscode": "VS Code", "orig_nbformat": "VS Code"}


@dataclass(frozen=True)
class Cell:
    """One cell as handed in: its type, source, nbgrader id (if any) and notebook cell id."""

    type: str
    source: str
    grade_id: str | None = None
    cell_id: str | None = None
    flags: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """What was handed in.

    Attributes
    ----------
    cells
        The notebook's cells; empty if the notebook is unreadable.
    files
        Other files by relative posix path: a candidate may hand in modules of their own.
    problem
        Why the notebook cannot be read, as a sentence, or "".
    remarks
        Sentences about what was odd but harmless.
    """

    cells: tuple[Cell, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 of what counts: cells and files, not outputs or key order."""
        content = [[c.type, c.source, c.grade_id] for c in self.cells]
        files = {k: hashlib.sha256(v).hexdigest() for k, v in sorted(self.files.items())}
        text = json.dumps([content, files, self.problem], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read(folder: Path, name: str) -> Submission:
    """Read a submission folder.

    Parameters
    ----------
    folder
        The candidate's folder for one lab.
    name
        The notebook's expected name without ``.ipynb``; see :func:`choose` for other names.
    """
    remarks: list[str] = []
    files, notebooks = _files(folder, remarks)
    try:
        cells, more = choose(notebooks, lambda chosen: load(folder / chosen), name)
    except IntakeError as error:
        return Submission((), files, str(error), tuple(remarks))
    return Submission(cells, files, "", (*remarks, *more))


def is_notebook(path: str) -> bool:
    """Whether a file's path is that of a notebook at the top of a folder."""
    return "/" not in path and _NOTEBOOK.fullmatch(path) is not None


def choose(
    notebooks: Collection[str], content: Callable[[str], bytes], name: str
) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """Cells and remarks of a lab's notebook, which may have another name.

    A second download is ``small (1).ipynb`` and Colab's copy is ``Copy of small.ipynb``, so where
    none has the lab's name the only notebook is taken, or the only one that nbgrader has marked.

    Parameters
    ----------
    notebooks
        Names of the folder's notebooks.
    content
        Gives the bytes of one.
    name
        The expected name without ``.ipynb``.

    Raises
    ------
    IntakeError
        If there is none, nobody can say which one is meant, or it is unreadable or empty.
    """
    expected = f"{name}.ipynb"
    others = sorted({*notebooks} - {expected})
    marked = [other for other in others[:NOTEBOOKS] if _is_marked(other, content)]
    if expected in notebooks:
        chosen = expected
        said = [
            f"{expected} was read; {other!r} beside it seems to be the lab's too, and was not"
            for other in marked
        ]
    elif len(others) == 1 or (len(marked) == 1 and len(others) <= NOTEBOOKS):
        (chosen,) = marked or others
        said = [f"the notebook was named {chosen!r} instead of {expected!r}"]
    elif others:
        raise IntakeError(
            f"the folder has {len(others)} notebooks and none is called {expected}; "
            "give the right one that name and hand it in again"
        )
    else:
        raise IntakeError("the folder has no notebook")
    cells, remarks = parse(content(chosen))
    if not cells:
        raise IntakeError("the notebook has no cells; hand in the one that has your answers")
    return cells, (*said, *remarks)


def _is_marked(notebook: str, content: Callable[[str], bytes]) -> bool:
    """Whether a notebook has a cell that nbgrader knows."""
    with suppress(IntakeError):
        return any(cell.grade_id for cell in parse(content(notebook))[0])
    return False


def parse(data: bytes) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """Cells and remarks of a notebook file.

    nbformat's own reader is not used: it stops at one odd key, while a grading needs only the
    type, the source and the id of each cell. Versions 3 and 4 and anything with a ``cells`` list
    are read alike.

    Raises
    ------
    IntakeError
        If the bytes are no notebook.
    """
    try:
        tree = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        kind = "is nested too deeply" if isinstance(error, RecursionError) else "is not valid JSON"
        if isinstance(error, UnicodeDecodeError):
            kind = "is not UTF-8 text"
        hint = "it may be truncated; save it in JupyterLab and hand it in again"
        raise IntakeError(f"the notebook file {kind} ({hint})") from error
    if not isinstance(tree, dict):
        raise IntakeError("the notebook file is JSON but not a notebook")
    remarks = []
    listed = tree.get("cells")
    if listed is None:
        sheets = tree.get("worksheets")
        listed = sheets[0].get("cells") if _is_list_of_dicts(sheets) and sheets else None
    if not isinstance(listed, list):
        raise IntakeError("the notebook file has no list of cells")
    if len(listed) > CELLS:
        raise IntakeError(f"the notebook has {len(listed)} cells; {CELLS} is the most")
    cells = tuple(cell for cell in map(_cell, listed) if cell is not None)
    if tree.get("nbformat") != 4:
        version = str(tree.get("nbformat"))[:20]
        remarks.append(f"the notebook's format version is {version}, not 4; its cells were read")
    places = [_dict(_dict(place).get("metadata")) for place in (tree, *listed)]
    for tool in sorted({_TOOLS[key] for place in places for key in _TOOLS.keys() & place.keys()}):
        remarks.append(
            f"the notebook was saved by {tool}; its cells were read, what that added was left out"
        )
    minor = tree.get("nbformat_minor") if tree.get("nbformat") == 4 else None
    if minor in range(5) and not any(cell.cell_id for cell in cells):
        remarks.append(
            f"format 4.{minor} has no cell ids; cells were told apart by nbgrader's marks alone"
        )
    if len(cells) < len(listed):
        remarks.append(f"{len(listed) - len(cells)} cells without readable content were left out")
    return cells, tuple(remarks)


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    kind = raw.get("cell_type")
    if kind not in ("code", "markdown", "raw", "heading"):
        return None
    source = raw.get("source", raw.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > SOURCE_CHARACTERS:
        return None
    level = raw.get("level")
    if kind == "heading" and isinstance(level, int) and level in range(1, 7):
        source = f"{'#' * level} {source}"
    # A lone surrogate cannot be sent to a kernel or written to a file.
    source = source.encode("utf-8", "replace").decode("utf-8")
    # Windows' line ends would make an untouched text differ from the released one.
    source = source.replace("\r\n", "\n")
    metadata = _dict(raw.get("metadata"))
    marks = _dict(metadata.get("nbgrader"))
    names = ("points", "grade", "solution", "locked", "task")
    flags: dict[str, Any] = {name: marks[name] for name in names if name in marks}
    return Cell(
        type="markdown" if kind == "heading" else kind,
        source=source,
        grade_id=_identifier(marks.get("grade_id")),
        # Colab keeps it with the metadata when it saves in format 4.0.
        cell_id=_identifier(raw.get("id") or metadata.get("id")),
        flags=flags,
    )


def _identifier(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.\-]{1,200}", value) else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_list_of_dicts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def can_name_a_candidate(name: str) -> bool:
    """Whether a name may become a folder's, and can be read in a terminal.

    What follows ? or # in a URL is no name to all of papermill's stores.
    """
    fits = 0 < len(name.encode("utf-8", "replace")) <= NAME_BYTES
    plain = name.isprintable() and name == name.strip() and not set(name) & set("/\\?#")
    return fits and plain and not name.startswith(".")


def load(path: Path, folder: int | None = None) -> bytes:
    """Bytes of a regular file of bounded size, never through a link.

    ``folder`` is the descriptor of the folder that the path starts from: what was a folder when it
    was opened may be a link now.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        raise IntakeError(f"{path.name!r} cannot be opened ({error.strerror})") from error
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise IntakeError(f"{path.name!r} is not an ordinary file")
        data = file.read(NOTEBOOK_BYTES + 1)
    if len(data) > NOTEBOOK_BYTES:
        raise IntakeError(f"{path.name!r} is larger than {NOTEBOOK_BYTES // 1_000_000} MB")
    return data


def _files(folder: Path, remarks: list[str]) -> tuple[dict[str, bytes], list[str]]:
    """Other files by value and the names of top-level notebooks; links and pipes are left out."""
    files: dict[str, bytes] = {}
    notebooks: list[str] = []
    left_out: list[str] = []
    room = FILES_BYTES
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__pycache__")))
        if folders and len(Path(parent).relative_to(folder).parts) >= FOLDERS_DEEP:
            left_out += [Path(parent, f).relative_to(folder).as_posix() for f in folders]
            folders.clear()
        for name in sorted(names):
            path = Path(parent, name)
            relative = PurePosixPath(path.relative_to(folder)).as_posix()
            if name.startswith("."):
                continue
            if _NOTEBOOK.fullmatch(name):
                if is_notebook(relative):
                    notebooks.append(name)
                continue
            if relative == "timestamp.txt":
                continue  # nbgrader's own
            try:
                data = load(path)
            except IntakeError:
                left_out.append(relative)
                continue
            if len(data) > room or len(files) >= FILES:
                left_out.append(relative)
                continue
            room -= len(data)
            files[relative] = data
    if left_out:
        shown = ", ".join(repr(n) for n in left_out[:5])
        why = "links, pipes, too large or too deep"
        remarks.append(f"{len(left_out)} files were left out ({why}): {shown}")
    return files, notebooks
