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
import math
import os
import re
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from autograde import checks, remote, wire
from autograde.candidate import kernel_app
from autograde.errors import GradingError, SandboxError
from autograde.verdict import Status, points_for

#: How the limits that a process meets by itself look from within: the beginning of the message of
#: an OSError (by its number) or RuntimeError.
LIMITS = {
    "[Errno 28]": "bytes and files written",
    "[Errno 24]": "open files",
    "[Errno 11]": "processes and threads",
    "can't start new thread": "processes and threads",
}
#: As nbgrader finds it, in a line of any form.
BEGIN_HIDDEN = "BEGIN HIDDEN TESTS"
#: Pieces of the lab's own text that a reason may be put together from; see :func:`_own_words`.
PIECES = 16
_WORD = re.compile(r"[0-9]+|[A-Za-z_]+|.", re.DOTALL)


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
    """How a test cell ended: ``status``, ``score``, ``reason`` for the candidate, ``detail``.

    ``missing`` says that a name it needs is not defined; ``between`` is :class:`checks.Earned`'s.
    """

    def __init__(
        self,
        status: Status,
        score: float | None,
        reason: str,
        detail: str = "",
        *,
        missing: bool = False,
        between: tuple[float, float] | None = None,
    ) -> None:
        self.status, self.score, self.missing, self.between = status, score, missing, between
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

    Once hidden tests have run, the candidate's side knows what they ask with. A function that is
    called then, by whatever test, can put that into each word that it chooses; so from there on
    no reason holds any, and :func:`_explain` and :func:`_own_words` are where that is seen to.
    """
    hidden_from = _hidden_line(source)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        try:
            value = await _run(source, namespace, name)
        finally:
            if link.broken is not None:  # whatever a check made of that: it is no answer
                raise link.broken
        # A stand-in as last value is the candidate's object, not the author's score.
        if isinstance(value, remote.Remote):
            raise remote.NoValue(f"{value!r} where a score is needed")
        score = points_for(value, points)
    except BaseException as error:
        return _explain(error, name, source, link)
    finally:
        link.exposed |= hidden_from < math.inf
    if score >= points:
        score, status = points, Status.PASSED
    else:
        status = Status.PARTIAL if score > 0 else Status.WRONG
    if not isinstance(value, checks.Earned):
        words = {Status.PASSED: "", Status.PARTIAL: "right in part", Status.WRONG: "not right"}
        return Finding(status, score, words[status])
    reason = _own_words(value.reason, source) if link.exposed else value.reason
    detail = "" if reason == value.reason else value.reason
    return Finding(status, score, reason, detail, between=value.between)


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


def _hidden_line(source: str) -> float:
    for number, line in enumerate(source.splitlines(), start=1):
        if BEGIN_HIDDEN in line:
            return number
    return math.inf


def _explain(error: BaseException, cell: str, source: str, link: remote.Link) -> Finding:
    """Whose fault it was, and what to tell the candidate about it."""
    frames = traceback.extract_tb(error.__traceback__)
    # Not in any line: the last value, which is judged when every line has run.
    line = next((f.lineno or 0 for f in frames if f.filename == cell), sys.maxsize)
    hidden = line >= _hidden_line(source)
    # Words of the candidate's may quote a hidden input; graders find them in the detail.
    quiet = hidden or link.exposed
    detail = "".join(traceback.format_exception(error))
    kind = type(error).__name__

    def lost(status: Status, reason: str) -> Finding:
        if checks._given and status is not Status.WRONG:
            reason += f", given {_own_words(checks._given, source)}"
        return Finding(status, 0.0, reason, detail)

    match error:
        case remote.TimedOut():
            return lost(Status.TIMED_OUT, "your code did not finish within the check's time limit")
        case remote.Died():
            return lost(Status.CRASHED, "the kernel ended while your code was running")
        case remote.Garbled():
            return lost(Status.CRASHED, "your kernel's answer could not be read")
        case remote.Flooded():
            return lost(Status.WRONG, "your code returned more than can be handed back")
        case remote.Missing():
            reason = f"your notebook defines no `{error.name}`"
            return Finding(Status.WRONG, 0.0, reason, detail, missing=True)
        case remote.NoValue():
            what = "an object where plain data is needed" if quiet else str(error)
            return lost(Status.WRONG, f"your code returned {what}")
        case wire.TooMuch() if link.contacts:
            return lost(Status.WRONG, "your code returned more than can be handed back to it")
        case wire.NotPlain() | GradingError() | SandboxError():
            return Finding(Status.GRADER_ERROR, None, "the check itself is faulty", detail)
        case KeyboardInterrupt() if link.contacts and not remote.is_remote(error):
            # The executor's: what the candidate returned keeps this side busy beyond all measure.
            return lost(Status.TIMED_OUT, "the check could not finish with what your code returned")
    text = "" if quiet or not str(error) else f": {str(error)[:300]}"
    if remote.is_remote(error):
        place = _place(getattr(error, "remote_where", ""), quiet)
        limit = next((words for mark, words in LIMITS.items() if str(error).startswith(mark)), None)
        if limit and isinstance(error, OSError | RuntimeError):
            return lost(Status.CRASHED, f"your code reached the lab's limit of {limit}{place}")
        if isinstance(error, MemoryError):
            return lost(Status.OUT_OF_MEMORY, f"your code ran out of memory{place}")
        # What a cell as it was handed out raises (source.STUB); execute knows if it was changed.
        if isinstance(error, NotImplementedError):
            return lost(Status.NOT_ATTEMPTED, "the task's code is not written yet")
        return lost(Status.CRASHED, f"your code raised {kind}{place}{text}")
    late = isinstance(error, checks.Late) or (isinstance(error, TimeoutError) and _is_own(error))
    if isinstance(error, AssertionError) or late:
        status = Status.TIMED_OUT if late else Status.WRONG
        words = str(error).strip()
        if words and not quiet:
            return lost(status, words)
        if words and (isinstance(error, checks.Wrong) or _is_own(error)):
            nearby = "".join(linecache.getlines(frames[-1].filename))
            return lost(status, _own_words(words, source + nearby))
        if hidden:
            words = "what your code returned is not what the task's text asks for"
        else:
            words = f"this visible check does not hold: {frames[-1].line or 'see the cell'}"
        return lost(Status.WRONG, words)
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


def _is_own(error: BaseException) -> bool:
    """Whether it was raised in a cell or in one of the lab's modules, and not in a library."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    file = os.path.abspath(frame.f_code.co_filename)
    return frame.f_globals.get("__name__") == "__main__" or os.path.dirname(file) == os.getcwd()


def _place(where: str, quiet: bool) -> str:
    """Where in the candidate's code, for a reason; a function may be named after a hidden input."""
    if quiet:
        line = re.match(r"line ([0-9]{1,3}) of", where)
        where = f"line {line[1]} of its cell" if line else ""
    return f" ({where})" if where else ""


def _own_words(text: str, source: str) -> str:
    """An author's words without what they quote of the candidate's.

    A message such as ``f"you say {value!r}"`` holds whatever was returned. Kept are pieces of the
    lab's own text, whole words of it, and four digits of a number; the rest is an ellipsis.
    A sentence is few such pieces and a message in code is many, so their number is limited, too.
    Longer numbers are no words of the lab's even where it has them: they may be hidden inputs.
    """
    texts = [part for own in _own_texts(source) for part in re.split("[0-9]{5,}", own)]
    known = [_chain(_WORD.findall(text)) for text in texts]
    words = _WORD.findall(text[:1000])
    said: list[str] = []
    at = 0
    while at < len(words) and len(said) - said.count("…") < PIECES:
        end = at
        while end < len(words) and any(_chain(words[at : end + 1]) in own for own in known):
            end += 1
        if end > at:
            said.append("".join(words[at:end]))
        elif re.fullmatch("[0-9]{1,4}", words[at]):
            said.append(words[at])
        elif re.match("[0-9]", words[at]) and words[at - 1 : at] == ["."]:  # 0.2857142857142857
            said += [words[at][:4], "…"]
        elif said[-1:] != ["…"]:
            said.append("…")
        at = max(end, at + 1)
    return "".join(said) + ("…" if at < len(words) else "")


def _chain(words: Sequence[str]) -> str:
    """Words as a text in which only whole words are found."""
    return "\0".join(["", *words, ""])


def _own_texts(source: str) -> Iterator[str]:
    """The check's text and the lab's own modules, and the names that Python has for classes."""
    yield source
    yield " ".join(name for name in dir(builtins) if isinstance(getattr(builtins, name), type))
    for file in Path.cwd().glob("*.py"):
        yield file.read_text(encoding="utf-8", errors="replace")


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
        link.begin(content["seconds"])
        room = checks.Room(content["seconds"], content["sandboxed"], content["limits"])
        checks._begin(content["seed"], room)
        namespace = CellNamespace(self.shell.user_ns, content["imports"], link)
        source = self.shell.transform_cell(content["source"])
        try:
            with CandidateModules(link, source):
                finding = await judge(source, namespace, link, content["points"], content["name"])
        finally:
            link.tell_end()
        # What commands take is the candidate's time, as the waiting on the link is; the one may lie
        # within the other, so they are not added.
        waited = max(link.waited, min(room.used(), room.seconds))
        reply = {**vars(finding), "waited": waited, "broken": link.broken is not None}
        self.session.send(stream, "judge_reply", reply, parent, ident)


def prepare(link: int, connection: Mapping[str, Any]) -> IPKernelApp:
    """The grader's kernel, as a fork of a template makes it (:mod:`autograde.template`)."""
    return kernel_app(GraderKernel, socket.socket(fileno=link), connection)
