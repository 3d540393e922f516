"""The grader's kernel: runs instructor cells and turns a test cell into a finding.

Owns the namespace rule of a test cell and the judgement of how it ended: passed, wrong, crashed
and so on, with a reason fit for the candidate. Owns no points (:mod:`autograde.verdict`) and no
order of cells (:mod:`autograde.execute`). It is started as
``python -m autograde.grader LINK_FD -f CONNECTION_FILE`` in a working directory that never holds
a file from the candidate.

A name in a test cell means, in this order: what the cell defines; what the instructor's locked
cells defined; a builtin; a module that the released notebook imports; the candidate's object of
that name. Each test cell has a namespace of its own, so no test sees another's variables.
"""

import ast
import builtins
import importlib
import importlib.abc
import importlib.machinery
import inspect
import linecache
import os
import re
import socket
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from ipykernel.ipkernel import IPythonKernel

from autograde import checks, remote, wire
from autograde.candidate import launch
from autograde.errors import GradingError
from autograde.verdict import Status, points_for

BEGIN_HIDDEN = "### BEGIN HIDDEN TESTS"


class CellNamespace(dict[str, Any]):
    """Globals of one test cell; a name that nobody on this side defines is the candidate's.

    A value is fetched once and then belongs to the cell, so that changing it in place works as
    it would in one process.
    """

    def __init__(self, shared: dict[str, Any], imports: dict[str, str], link: remote.Link) -> None:
        super().__init__(shared)
        self["__builtins__"] = builtins
        self._imports = imports
        self._link = link

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            return getattr(builtins, name)
        if name in self._imports:
            value = _import(self._imports[name])
        elif name.startswith("__") and name.endswith("__"):
            raise KeyError(name)
        else:
            value = remote.name(self._link, name)
        self[name] = value
        return value


def _import(target: str) -> Any:
    """``"numpy"`` or ``"pandas.testing:assert_frame_equal"`` as an object."""
    module, _, attribute = target.partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


class CandidateModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets a test cell ``import service`` when only the candidate has such a module.

    Only for a module that the cell itself imports: libraries probe for optional packages while a
    test runs, and must not get the candidate's ``numexpr.py``.
    """

    def __init__(self, link: remote.Link, source: str) -> None:
        self._link = link
        self._wanted = _imported_packages(source)
        self._loaded: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Offer a stub for a module that is nowhere on this side."""
        if fullname.partition(".")[0] not in self._wanted:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Make the stub; ImportError if the candidate has no such module either."""
        module = remote.import_module(self._link, spec.name)
        self._loaded.append(spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs on this side."""

    def __enter__(self) -> None:
        sys.meta_path.append(self)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        for name in self._loaded:
            sys.modules.pop(name, None)


def _imported_packages(source: str) -> set[str]:
    """Top-level packages that a test cell imports anywhere in its own text."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    return {name.partition(".")[0] for name in names}


class Finding:
    """How a test cell ended: ``status``, ``score``, ``reason`` for the candidate, ``detail``."""

    def __init__(self, status: Status, score: float | None, reason: str, detail: str = "") -> None:
        self.status, self.score = status, score
        # A lone surrogate, of the candidate's making, could not be sent as JSON.
        self.reason = reason[:1000].encode("utf-8", "replace").decode()
        self.detail = detail[-8000:].encode("utf-8", "replace").decode()


async def judge(
    source: str, namespace: CellNamespace, link: remote.Link, points: float, name: str
) -> Finding:
    """Run a test cell and say how it ended.

    Parameters
    ----------
    source
        The cell, as Python (magics already expanded).
    namespace, link
        Where its names are found.
    points
        Most points of the cell.
    name
        Its grade id, which tracebacks show as the file.
    """
    hidden_from = _hidden_line(source)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        value = await _run(source, namespace, name)
        # A stand-in as last value is the candidate's object, not the author's score.
        if isinstance(value, remote.Remote):
            raise remote.NoValue(f"{value!r} where a score is needed")
        score = points_for(value, points)
    except BaseException as error:
        return _explain(error, name, hidden_from, link)
    if score >= points:
        return Finding(Status.PASSED, points, "")
    reason = value.reason if isinstance(value, checks.Earned) else "right in part"
    if score > 0:
        return Finding(Status.PARTIAL, score, reason)
    return Finding(Status.WRONG, 0.0, reason if isinstance(value, checks.Earned) else "not right")


async def _run(source: str, namespace: CellNamespace, name: str) -> Any:
    tree = ast.parse(source, filename=name)
    last: ast.Expr | None = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = tree.body[-1]
        tree.body.pop()
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    running = eval(compile(tree, name, "exec", flags=flags), namespace)
    if inspect.iscoroutine(running):
        await running
    if last is None or source.rstrip().endswith(";"):
        return None
    value = eval(compile(ast.Expression(last.value), name, "eval", flags=flags), namespace)
    return await value if inspect.iscoroutine(value) else value


def _hidden_line(source: str) -> int:
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip().startswith(BEGIN_HIDDEN):
            return number
    return sys.maxsize


def _explain(error: BaseException, cell: str, hidden_from: int, link: remote.Link) -> Finding:
    """Whose fault it was, and what to tell the candidate about it."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.lineno or 0 for f in frames if f.filename == cell), 0)
    hidden = line >= hidden_from
    detail = "".join(traceback.format_exception(error))
    kind = type(error).__name__

    def lost(status: Status, reason: str) -> Finding:
        return Finding(status, 0.0, reason, detail)

    match error:
        case remote.TimedOut():
            return lost(Status.TIMED_OUT, "your code did not finish within the check's time limit")
        case remote.Died():
            return lost(Status.CRASHED, "the kernel ended while your code was running")
        case remote.Garbled():
            return lost(Status.CRASHED, "your kernel's answer could not be read")
        case remote.Missing():
            return lost(Status.WRONG, f"your notebook defines no `{error.name}`")
        case remote.NoValue():
            # A class may be named after the hidden input.
            what = "an object where plain data is needed" if hidden else str(error)
            return lost(Status.WRONG, f"your code returned {what}")
        case wire.TooMuch() if link.contacts:
            return lost(Status.WRONG, "your code returned more than can be handed back to it")
        case wire.NotPlain() | GradingError():
            return Finding(Status.GRADER_ERROR, None, "the check itself is faulty", detail)
        case KeyboardInterrupt() if link.contacts and not remote.is_remote(error):
            # The executor's: what the candidate returned keeps this side busy beyond all measure.
            return lost(Status.TIMED_OUT, "the check could not finish with what your code returned")
    # Words of the candidate's may quote a hidden input, so only visible checks show them.
    text = "" if hidden or not str(error) else f": {str(error)[:300]}"
    if remote.is_remote(error):
        place = _place(getattr(error, "remote_where", ""), hidden)
        if isinstance(error, MemoryError):
            return lost(Status.OUT_OF_MEMORY, f"your code ran out of memory{place}")
        if isinstance(error, NotImplementedError):
            return lost(Status.NOT_ATTEMPTED, "the task's code is not written yet")
        return lost(Status.CRASHED, f"your code raised {kind}{place}{text}")
    if isinstance(error, checks.Wrong):
        return lost(Status.WRONG, str(error))
    if isinstance(error, AssertionError):
        return lost(Status.WRONG, _assertion(error, frames, cell, hidden))
    # Ours, too: as long as nothing of the candidate's has been seen, and what no value can cause.
    if link.contacts == 0 or _is_slip(error):
        return Finding(Status.GRADER_ERROR, None, "the check itself is faulty", detail)
    return lost(
        Status.WRONG,
        f"the check could not use what your code returned ({kind}{text}); "
        "compare its type, columns and keys with the task's text",
    )


def _is_slip(error: BaseException) -> bool:
    """Whether a check is misspelt: an import, a name or a line that can never have worked.

    Text of the candidate's that a check parses, or gives to ``DataFrame.query``, raises a
    SyntaxError without a file and a subclass of NameError.
    """
    if isinstance(error, SyntaxError):
        return not (error.filename or "<").startswith("<")
    return isinstance(error, ImportError) or type(error) in (NameError, UnboundLocalError)


def _place(where: str, hidden: bool) -> str:
    """Where in the candidate's code, for a reason; a function may be named after a hidden input."""
    if hidden:
        line = re.match(r"line (\d{1,3}) of", where)
        where = f"line {line[1]} of its cell" if line else ""
    return f" ({where})" if where else ""


def _assertion(
    error: AssertionError, frames: traceback.StackSummary, cell: str, hidden: bool
) -> str:
    """An assertion's message if an author wrote it, else words that show nothing hidden."""
    text = str(error).strip()
    file = frames[-1].filename if frames else cell
    written = file == cell or os.path.dirname(os.path.abspath(file)) == os.getcwd()
    if text and (written or not hidden):
        return text[:1000]
    if hidden:
        return "what your code returned is not what the task's text asks for"
    return f"this visible check does not hold: {frames[-1].line or 'see the cell'}"


class GraderKernel(IPythonKernel):
    """IPython's kernel with one more request, ``judge_request``."""

    msg_types = [*IPythonKernel.msg_types, "judge_request"]
    shell: Any
    session: Any
    link: socket.socket
    talk: remote.Link | None = None

    async def judge_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Judge the test cell in the request; the reply carries the finding."""
        content = parent["content"]
        if self.talk is None:
            self.talk = remote.Link(self.link)
        link = self.talk
        link.contacts, link.waited, link.budget = 0, 0.0, content["seconds"]
        checks._set_seed(content["seed"])
        namespace = CellNamespace(self.shell.user_ns, content["imports"], link)
        source = self.shell.transform_cell(content["source"])
        try:
            with CandidateModules(link, source):
                finding = await judge(source, namespace, link, content["points"], content["name"])
        finally:
            link.tell_end()
        reply = {**vars(finding), "waited": link.waited, "broken": link.broken is not None}
        self.session.send(stream, "judge_reply", reply, parent, ident)


if __name__ == "__main__":
    launch(GraderKernel)
