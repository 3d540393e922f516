"""A project's folder, read by value: its files, and what its Python says of itself.

Owns the way from a folder that may hold anything to a :class:`Project`: every size, count and
depth has a limit, no link is followed, nothing special is opened, and Python is parsed and never
run. What was left out is kept, by reason. Owns no opinion on what was found
(:mod:`autograde.review`).
"""

import ast
import os
import re
import stat
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from autograde.errors import UsageError
from autograde.imports import parse
from autograde.outputs import clean_text

FILE_BYTES = 5_000_000
FILES_BYTES = 50_000_000
FILES = 5_000
#: Entries of one folder, and of all together, that are looked at.
FOLDER_ENTRIES, ENTRIES = 2_000, 20_000
FOLDERS_DEEP = 20
#: Python that is parsed, one file and all together: a tree takes a hundred times its text.
MODULE_BYTES, MODULES_BYTES = 500_000, 8_000_000
#: Folders that tools make; nobody wrote what is in them.
_MADE = {
    *(".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__"),
    *(".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".eggs"),
    *(".ipynb_checkpoints", "build", "dist", "htmlcov", "site-packages"),
}
#: Read before all other files, so that a folder of data does not use up the limits.
_TEXTS = {"", ".py", ".md", ".rst", ".toml", ".cfg", ".ini", ".yml", ".yaml", ".sh"}
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://|[\w.-]+@[\w.-]+:")
_ROUTES = {"get", "post", "put", "patch", "delete", "route", "api_route", "websocket"}
_LOG = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_WORKERS = {"workers", "num_replicas", "autoscaling_config"}


@dataclass(frozen=True)
class Definition:
    """A function or class: its name, line and length; whether it is public and has a docstring."""

    name: str
    line: int
    lines: int
    function: bool
    public: bool
    documented: bool


@dataclass(frozen=True)
class Route:
    """A handler of an HTTP route: its path, its line and whether it is ``async``."""

    path: str
    line: int
    asynchronous: bool


@dataclass(frozen=True)
class Module:
    """What a Python file says.

    Attributes
    ----------
    path, lines
        Where it is and how long.
    definitions, routes
        See there.
    imports
        Top-level names of what it imports, with the first line that does.
    logs, changes_globals, workers
        First line that calls a logger's method, has a ``global`` statement, or passes more than one
        worker or replica; 0 if there is none.
    """

    path: str
    lines: int
    definitions: tuple[Definition, ...]
    routes: tuple[Route, ...]
    imports: Mapping[str, int]
    logs: int
    changes_globals: int
    workers: int


@dataclass(frozen=True)
class Project:
    """A folder's files by relative POSIX path.

    Attributes
    ----------
    modules
        Its Python outside tests, as far as it could be parsed.
    left_out
        Paths that were not read, by reason.
    """

    files: Mapping[str, bytes]
    modules: tuple[Module, ...]
    left_out: Mapping[str, Sequence[str]]

    def text(self, path: str) -> str:
        """A file's text as it can be shown: UTF-8, without terminal escapes."""
        return clean_text(self.files[path].decode("utf-8", "replace"))


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests, by its name or its folder's."""
    *folders, name = PurePosixPath(path).parts
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return named or bool({"tests", "test"}.intersection(folders))


def read(path: str) -> Project:
    """Read a folder.

    Raises
    ------
    UsageError
        If the path is an address, is no folder or cannot be listed.
    """
    if _ADDRESS.match(path):
        raise UsageError("an address is not fetched: clone it yourself and name the folder")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path!r} is no folder that can be read ({why})") from error
    reader = _Reader()
    try:
        for texts in (True, False):
            reader.entries = ENTRIES
            reader.folder(descriptor, "", FOLDERS_DEEP, texts=texts)
    except OSError as error:
        raise UsageError(f"{path!r} cannot be listed ({error.strerror})") from error
    finally:
        os.close(descriptor)
    modules = tuple(_modules(reader))
    return Project(reader.files, modules, {why: sorted(p) for why, p in reader.left_out.items()})


class _Reader:
    """Takes in a folder's files until a limit is met, and notes what it leaves out."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.left_out: dict[str, set[str]] = {}
        self.entries = ENTRIES
        self._room = FILES_BYTES

    def leave(self, why: str, path: str) -> None:
        self.left_out.setdefault(why, set()).add(path)

    def folder(self, descriptor: int, prefix: str, deep: int, *, texts: bool) -> None:
        """Read the texts, or all else, of an open folder; its files before its folders."""
        most = min(FOLDER_ENTRIES, self.entries)
        with os.scandir(descriptor) as listing:
            names = sorted(entry.name for entry in islice(listing, most + 1))
        if len(names) > most:
            self.leave("in folders with too many files", prefix[:-1] or ".")
        if "pyvenv.cfg" in names:
            self.leave("made by tools", prefix[:-1] or ".")
            return
        self.entries -= len(names[:most])
        folders = []
        for name in names[:most]:
            path = prefix + name
            if not name.isprintable():  # a lone surrogate, which is no UTF-8, is not
                self.leave("with an unprintable name", path)
                continue
            try:
                mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
            except OSError:
                self.leave("not readable", path)
                continue
            if stat.S_ISDIR(mode):
                folders.append(name)
            elif stat.S_ISLNK(mode):
                self.leave("links", path)
            elif not stat.S_ISREG(mode):
                self.leave("special files", path)
            elif texts == (PurePosixPath(name).suffix in _TEXTS):
                self._file(descriptor, name, path)
        for name in folders:
            if name in _MADE or name.endswith(".egg-info"):
                self.leave("made by tools", prefix + name)
            elif not deep:
                self.leave("too deep", prefix + name)
            else:
                self._inner(descriptor, name, prefix, deep, texts)

    def _inner(self, parent: int, name: str, prefix: str, deep: int, texts: bool) -> None:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        try:
            descriptor = os.open(name, flags, dir_fd=parent)
        except OSError:
            self.leave("not readable", prefix + name)
            return
        try:
            self.folder(descriptor, f"{prefix}{name}/", deep - 1, texts=texts)
        finally:
            os.close(descriptor)

    def _file(self, parent: int, name: str, path: str) -> None:
        try:
            # It may have been replaced since it was looked at; a pipe would wait for a writer.
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    self.leave("special files", path)
                    return
                data = file.read(FILE_BYTES + 1)
        except OSError:
            self.leave("not readable", path)
            return
        if len(data) > FILE_BYTES:
            self.leave(f"larger than {FILE_BYTES // 1_000_000} MB", path)
        elif len(data) > self._room or len(self.files) >= FILES:
            self.leave("beyond what is read of one project", path)
        else:
            self._room -= len(data)
            self.files[path] = data


def _modules(reader: _Reader) -> Iterator[Module]:
    room = MODULES_BYTES
    for path, data in sorted(reader.files.items()):
        if not path.endswith(".py") or is_test(path):
            continue
        if len(data) > min(MODULE_BYTES, room):
            reader.leave("too much Python to parse", path)
            continue
        room -= len(data)
        source = data.decode("utf-8-sig", "replace")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a module's odd escapes are its own business
                module = _module(path, source, parse(source))
        # A null byte, or an expression nested too deeply for the parser or for what walks it.
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            reader.leave("not valid Python here", path)
        else:
            yield module


def _module(path: str, source: str, tree: ast.Module) -> Module:
    imports: dict[str, int] = {}
    routes: list[Route] = []
    logs = changes_globals = workers = 0
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    imports.setdefault(alias.name.partition(".")[0], node.lineno)
            case ast.ImportFrom(module=str(name), level=0):
                imports.setdefault(name.partition(".")[0], node.lineno)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                routes += _routes(node)
            case ast.Global():
                changes_globals = changes_globals or node.lineno
            case ast.Call():
                if _logs(node.func):
                    logs = logs or node.lineno
                if any(k.arg in _WORKERS and _several(k.value) for k in node.keywords):
                    workers = workers or node.lineno
    found = tuple(_definitions(tree))
    lines = source.count("\n") + 1
    return Module(path, lines, found, tuple(routes), imports, logs, changes_globals, workers)


def _definitions(tree: ast.Module) -> Iterator[Definition]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, True)]
    while waiting:
        node, public = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append((child, public))
                continue
            seen = public and not child.name.startswith("_")
            function = not isinstance(child, ast.ClassDef)
            waiting.append((child, seen and not function))
            # An overload and a setter are documented where the function or property is.
            marks = {getattr(d, "attr", getattr(d, "id", "")) for d in child.decorator_list}
            yield Definition(
                child.name,
                child.lineno,
                (child.end_lineno or child.lineno) - child.lineno + 1,
                function,
                seen and not marks & {"overload", "setter", "deleter"},
                ast.get_docstring(child, clean=False) is not None,
            )


def _routes(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Route]:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(attr=attr), args=[ast.Constant(value=str(path)), *_]
            ) if attr in _ROUTES and path.startswith("/"):
                yield Route(path, node.lineno, isinstance(node, ast.AsyncFunctionDef))


def _logs(function: ast.expr) -> bool:
    """Whether it is a method such as ``info`` of something with "log" in its name; not np.log."""
    if not (isinstance(function, ast.Attribute) and function.attr in _LOG):
        return False
    owner = function.value.func if isinstance(function.value, ast.Call) else function.value
    return "log" in str(getattr(owner, "attr", getattr(owner, "id", ""))).lower()


def _several(value: ast.expr) -> bool:
    """Whether a number of workers that is written down is more than one, or bounds are given."""
    number = isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value > 1
    return number or isinstance(value, ast.Dict)
