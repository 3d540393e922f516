"""Grading one notebook: which cell runs where, and what each check said.

Owns the routing rule, the life of the two kernels, and the assembly of a
:class:`~autograde.verdict.Result`. Both front ends, nbgrader's preprocessor
(:mod:`autograde.nbgrader_steps`) and the papermill engine (:mod:`autograde.engine`), call
:func:`grade` and nothing else, so their scores cannot differ.

Theory of operation
-------------------
The *candidate kernel* runs what the candidate wrote, in a working directory with the lab's public
files. The *grader kernel* runs instructor cells, in another directory that also holds the hidden
tests and never a file of the candidate's. A socket pair joins them. Cells run in notebook order;
while a test cell runs in the grader kernel, the candidate kernel serves its requests. When the
candidate kernel dies, hangs or wipes its names, both kernels are replaced and the cells before are
replayed without the one at fault, so one task's crash costs no other task.
"""

import hashlib
import shutil
import socket
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from enum import Flag
from functools import cache
from html import escape
from importlib.metadata import distributions
from pathlib import Path
from platform import python_version
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from autograde import assemble, sandbox, warden, workspace
from autograde.catalog import Part, Release
from autograde.errors import GradingError, SandboxError
from autograde.forks import Kind, TemplateLost
from autograde.imports import imported_names
from autograde.kernels import Kernel, Ran
from autograde.outputs import Outputs, clean_text
from autograde.verdict import Ending, Hashes, Reading, Result, Status, Verdict

#: Kernels that one submission may use up before its remaining checks are given up.
RESTARTS = 8
#: Seconds for which the grader's own part of a check may run beyond the candidate's.
OWN_TIME = 300.0


class Side(Flag):
    """Where a cell runs."""

    NOWHERE = 0
    CANDIDATE = 1
    GRADER = 2
    BOTH = 3


def route(cell: Mapping[str, Any]) -> Side:
    """Where a cell runs: a pure function of its type and of nbgrader's own metadata.

    Solution and free cells run with the candidate, locked read-only cells and the parameters that
    papermill injects on both sides (unless the author's ``side`` says otherwise), automatic checks
    with the grader. Only cells of the assembled notebook are asked, so none of this metadata is
    the candidate's.
    """
    if cell["cell_type"] != "code":
        return Side.NOWHERE
    if assemble.is_test(cell):
        return Side.GRADER
    mark = assemble.marks(cell)
    if "injected-parameters" in cell["metadata"].get("tags", []):
        return Side.BOTH
    if mark.get("locked") and not mark.get("solution"):
        side = cell["metadata"].get("autograde", {}).get("side")
        return {"grader": Side.GRADER, "candidate": Side.CANDIDATE}.get(side, Side.BOTH)
    return Side.CANDIDATE


def environment_hash() -> str:
    """sha256 over Python's version, every installed package's name and version, and our own code.

    Only what is installed beside this Python counts: a Ray worker's path has packages of Ray's own.
    """
    places = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    found = distributions(path=places)
    packages = sorted({f"{d.metadata['Name']}=={d.version}".lower() for d in found})
    text = "\n".join([python_version(), *packages, code_hash()])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_hash() -> str:
    """sha256 over the modules of this package, as they were when it was asked for first."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def seed_for(hashes: Hashes) -> int:
    """Seed of the hidden inputs: unknown before handing in, the same at every regrade."""
    return int(hashlib.sha256(f"{hashes.submission}{hashes.tests}".encode()).hexdigest()[:8], 16)


def grade(
    notebook: NotebookNode,
    release: Release,
    files: Mapping[str, bytes],
    *,
    candidate: str,
    sandboxed: bool = True,
    progress: Callable[[int, str], None] | None = None,
) -> Result:
    """Grade an assembled notebook in place and return what was found.

    Parameters
    ----------
    notebook
        As :func:`autograde.assemble.assemble` makes it; its cells get the outputs to be stored,
        and each check cell exactly one output, whose text nbgrader reads as our score.
    release
        The lab.
    files
        The candidate's other files, placed in the candidate's working directory.
    candidate
        Whose it is.
    sandboxed
        Whether the candidate's code is confined; the result says so.
    progress
        Called with the index and the state ("start", "end") of each cell.

    A failure of the machinery does not raise: from that point on every check is a grader error,
    and what was earned before stays. If a template dies under a submission, all of it is graded
    once more.

    Raises
    ------
    SandboxError
        If no sandbox can be made on this host; nothing was run.
    """

    def grading() -> _Grading:
        seen = progress or (lambda *_: None)
        return _Grading(notebook, release, files, candidate, sandboxed, seen)

    try:
        return grading().run()
    except TemplateLost:
        return grading().run(again=True)


def _sandbox(sandboxed: bool) -> Literal["bubblewrap", "none"]:
    return "bubblewrap" if sandboxed else "none"


def undecided(
    release: Release, submission: str, candidate: str, why: str, *, sandboxed: bool = True
) -> Result:
    """The result of a grading that never came back: every automatic point is left open."""
    checks = [grade_id for grade_id, part in release.graded.items() if not part.manual]
    return Result(
        lab=release.name,
        candidate=candidate,
        status="grader error",
        note="the grading itself failed",
        verdicts=tuple(_undecided(release, grade_id, why) for grade_id in checks),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        wall=0.0,
        cpu=0.0,
        hashes=Hashes(
            submission=submission,
            tests=release.tests_hash,
            data=release.data_hash,
            environment=environment_hash(),
        ),
        sandbox=_sandbox(sandboxed),
    )


def _undecided(release: Release, grade_id: str, why: str) -> Verdict:
    part = release.graded[grade_id]
    return Verdict(
        cell=grade_id,
        task=part.task,
        part=part.part,
        points=part.points,
        score=None,
        status=Status.GRADER_ERROR,
        reason="the grading itself failed; a person will decide about these points",
        detail=why[-8000:],
    )


class _Pair:
    """The two kernels of one submission and the link between them."""

    def __init__(
        self, release: Release, files: Mapping[str, bytes], *, sandboxed: bool, cpu_left: float
    ) -> None:
        libraries, gpu = tuple(release.lab.libraries), release.lab.needs.gpu
        limits = {**release.lab.limits.model_dump(), "cpu_seconds": cpu_left, "gpu": gpu}
        with ExitStack() as stack:
            base = Path(tempfile.mkdtemp(prefix="grading-", dir=workspace.folder()))
            stack.callback(shutil.rmtree, base, ignore_errors=True)
            home, work, temporary = str(base / "home"), str(base / "candidate"), str(base)
            if sandboxed:
                home, work, temporary = warden.HOME, warden.WORK, "/tmp"
            order = {
                "shown": sandbox.shown(),
                "environment": sandbox.environment(home, temporary),
                "cwd": work,
                "files": dict(release.public),
                "own_files": dict(files),
                "limits": limits,
            }
            grader_order = {
                **order,
                "environment": sandbox.environment(str(Path.home()), str(base)),
                "cwd": str(base / "grader"),
                "files": {**release.public, **release.private},
                "own_files": {},
            }
            near, far = socket.socketpair()
            with near, far:
                kind = Kind("candidate", libraries, sandboxed=sandboxed, gpu=gpu)
                candidate = Kernel(kind, link=far.fileno(), order=order)
                self.candidate = stack.enter_context(closing(candidate))
                grader = Kernel(Kind("grader", libraries), link=near.fileno(), order=grader_order)
                self.grader = stack.enter_context(closing(grader))
            self.candidate.wait_ready()
            self.grader.wait_ready()
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End both kernels and remove their folders."""
        self._stack.close()


class _Grading:
    """One run of :func:`grade`."""

    def __init__(
        self,
        notebook: NotebookNode,
        release: Release,
        files: Mapping[str, bytes],
        candidate: str,
        sandboxed: bool,
        progress: Callable[[int, str], None],
    ) -> None:
        self.notebook, self.release, self.files = notebook, release, files
        self.sandboxed, self.again = sandboxed, False
        self.candidate, self.progress = candidate, progress
        self.sources = assemble.sources(release)
        self.imports = imported_names(self.sources.notebook)
        self.limits = release.lab.limits
        about = notebook.metadata["autograde"]
        self.problem: str = about["problem"]
        self.tampering: tuple[str, ...] = tuple(about["tampering"])
        self.remarks: tuple[str, ...] = tuple(about["remarks"])
        self.hashes = Hashes(
            submission=about["submission"],
            tests=release.tests_hash,
            data=release.data_hash,
            environment=environment_hash(),
        )
        self.skipped: set[int] = set()  # cells that broke a kernel and are not replayed
        self.endings: dict[int, tuple[Status, str]] = {}  # how cells ended that did not end well
        self.restarts = 0
        self.failure = ""  # traceback of a failure of ours
        self.spent = 0.0  # seconds that the candidate's code has taken
        self.cpu = 0.0
        self.pair: _Pair | None = None

    def run(self, *, again: bool = False) -> Result:
        """Grade; ``again`` says that this is the second try, after which there is none."""
        self.again = again
        started, begun = datetime.now(UTC), time.monotonic()
        verdicts: list[Verdict] = []
        try:
            for index, cell in enumerate(self.notebook.cells):
                self.progress(index, "start")
                if assemble.is_test(cell):
                    verdict = self._decide(index, cell)
                    cell.outputs = [_score_output(verdict)]
                    verdicts.append(verdict)
                elif route(cell) is not Side.NOWHERE and not self.problem and not self.failure:
                    self._try(self._run_cell, index, cell)
                self.progress(index, "end")
        finally:
            self._close()
        status: Ending = "graded"
        if any(v.status is Status.GRADER_ERROR for v in verdicts):
            status = "grader error"
        elif self.problem:
            status = "unreadable"
        return Result(
            lab=self.release.name,
            candidate=self.candidate,
            status=status,
            note=self.problem,
            verdicts=tuple(verdicts),
            readings=self._readings(),
            tampering=self.tampering,
            remarks=self.remarks,
            started=started.isoformat(timespec="seconds"),
            wall=round(time.monotonic() - begun, 3),
            cpu=round(self.cpu, 3),
            hashes=self.hashes,
            sandbox=_sandbox(self.sandboxed),
        )

    def _try(self, step: Callable[[int, NotebookNode], Any], index: int, cell: NotebookNode) -> Any:
        """Do a step; a failure of the machinery ends the grading of what is still to come."""
        try:
            return step(index, cell)
        except SandboxError:
            raise
        except Exception as error:
            if isinstance(error, TemplateLost) and not self.again:
                raise
            self.failure = "".join(traceback.format_exception(error))
            self._close()
            return None

    def _decide(self, index: int, cell: NotebookNode) -> Verdict:
        verdict = None if self.failure else self._try(self._check, index, cell)
        if isinstance(verdict, Verdict):
            return verdict
        return _undecided(self.release, assemble.marks(cell)["grade_id"], self.failure)

    # -- cells ---------------------------------------------------------------------------------

    def _run_cell(self, index: int, cell: NotebookNode) -> None:
        """Run a cell that is no check, on its side or sides."""
        side = route(cell)
        outputs = Outputs(self.limits.output_kb * 1024)
        if side & Side.CANDIDATE:
            pair = self._ready(index)
            if pair is None:
                outputs.note("not run: the time for the whole notebook was used up")
            else:
                ran = self._candidate_run(pair, cell.source, outputs)
                starved = ran.ended == "died" or ran.error.startswith("MemoryError")
                if starved and self._took_out_suspects(index) and (fresh := self._ready(index)):
                    outputs = Outputs(self.limits.output_kb * 1024)
                    ran = self._candidate_run(fresh, cell.source, outputs)
                self._after(index, ran, outputs)
        if side & Side.GRADER:
            pair = self._ready(index + 1)
            if pair is not None:
                own = Outputs(self.limits.output_kb * 1024)
                self._grader_run(pair, cell, own)
                outputs = own  # the instructor's own output is the one to show
        cell.outputs = outputs.collected()

    def _candidate_run(self, pair: _Pair, source: str, outputs: Outputs | None) -> Ran:
        ran = pair.candidate.run(source, self._allowance(), outputs)
        self.spent += ran.wall
        return ran

    def _after(self, index: int, ran: Ran, outputs: Outputs) -> None:
        """Note a cell's bad end, and give up the kernel if it is of no more use."""
        passed = self.pair.candidate.passed if self.pair else None
        if ran.ended == "timed out":
            ending = Status.TIMED_OUT, f"it was interrupted after {ran.wall:.0f} s"
        elif ran.ended == "died":
            ending = self._limit(passed) or (Status.CRASHED, "the kernel ended while it ran")
        elif ran.ended == "error" and ran.error.partition(":")[0].endswith("MemoryError"):
            ending = Status.OUT_OF_MEMORY, "it ran out of memory"
        else:
            ending = None
        if ending:
            self.endings[index] = ending
            outputs.note(f"this cell did not come to its end: {ending[1]}")
        if ran.reset:
            if ran.ended in ("ok", "error"):
                outputs.note("this cell wiped the notebook's names and was taken out")
            self.skipped.add(index)
            self._close()

    def _took_out_suspects(self, index: int) -> bool:
        """Take out the earlier cells that did not come to their end; whether there were any.

        What such a cell left behind (memory that it still holds) may be what broke the kernel
        later on, and that is not to cost another task.
        """
        suspects = {before for before in self.endings if before < index} - self.skipped
        if suspects:
            self.skipped |= suspects
            self._close()
        return bool(suspects)

    def _limit(self, passed: str | None) -> tuple[Status, str] | None:
        """Verdict and words for the limit that the warden found passed, if there is one."""
        limits = self.limits
        match passed:
            case "memory":
                words = f"your code used more than {limits.memory_mb} MiB of memory"
                return Status.OUT_OF_MEMORY, words
            case "cpu":
                words = f"your code used more than {limits.cpu_seconds:g} s of CPU time"
                return Status.TIMED_OUT, words
        return None

    def _grader_run(self, pair: _Pair, cell: NotebookNode, outputs: Outputs | None) -> None:
        ran = pair.grader.run(cell.source, OWN_TIME, outputs)
        if ran.ended != "ok":
            name = assemble.marks(cell).get("grade_id", "injected parameters")
            raise GradingError(
                f"the instructor's cell {name!r} of {self.release.name} {ran.ended}: {ran.error}"
            )

    # -- checks --------------------------------------------------------------------------------

    def _check(self, index: int, cell: NotebookNode) -> Verdict:
        grade_id = assemble.marks(cell)["grade_id"]
        part = self.release.graded[grade_id]
        points = part.points

        def lost(status: Status, reason: str) -> Verdict:
            return Verdict(
                cell=grade_id,
                task=part.task,
                part=part.part,
                points=points,
                score=0.0,
                status=status,
                reason=reason,
            )

        if self.problem:
            return lost(Status.NOT_ATTEMPTED, self.problem)
        if not self._attempted(part) and not self._has_own_code():
            return lost(Status.NOT_ATTEMPTED, "the task's cell is as it was handed out")
        pair = self._ready(index)
        if pair is None:
            if self._time_left() <= 0:
                why = "the time for the whole notebook was used up"
            elif self.cpu >= self.limits.cpu_seconds:
                why = "the CPU time for the whole notebook was used up"
            else:
                why = f"the kernel ended {self.restarts} times"
            return lost(Status.SKIPPED, f"{why} before this check")

        begun, cpu = time.monotonic(), pair.candidate.cpu()
        serving = pair.candidate.send("serve_request", {})
        content = {
            "source": self.sources.tests[grade_id],
            "name": grade_id,
            "points": points,
            "imports": self.imports,
            "seconds": self._allowance(),
            "seed": seed_for(self.hashes),
            "sandboxed": self.sandboxed,
            "limits": self.limits.model_dump(),
        }
        found = pair.grader.ask("judge_request", content, content["seconds"] + OWN_TIME)
        if found is None:
            self._close()  # whoever is to blame, the other checks go on with fresh kernels
            return _undecided(self.release, grade_id, "the grader's kernel ended or did not answer")
        self.spent += found["waited"]
        used = pair.candidate.cpu() - cpu
        status, reason = Status(found["status"]), found["reason"]
        if found["broken"] or not pair.candidate.settle(serving, 2.0):
            if status is Status.CRASHED:
                status, reason = self._limit(pair.candidate.passed) or (status, reason)
            self._close()  # busy, dead or lying: go on with a fresh one
            starved = status in (Status.CRASHED, Status.OUT_OF_MEMORY)
            if starved and self._took_out_suspects(index):
                return self._check(index, cell)
        # The error of a stub says "not written yet" only if the stub is still there: code that was
        # written and raises NotImplementedError itself is wrong.
        if status is Status.NOT_ATTEMPTED and self._attempted(part):
            status = Status.WRONG
        if found["missing"]:  # nothing to check: the cell that would have made it came to no end
            status, reason = self._own_ending(part) or (status, reason)
        return Verdict(
            cell=grade_id,
            task=part.task,
            part=part.part,
            points=points,
            score=found["score"],
            status=status,
            reason=clean_text(reason),
            detail=clean_text(found["detail"]),
            between=found["between"],
            wall=round(time.monotonic() - begun, 3),
            cpu=round(max(used, 0.0), 3),
        )

    def _cells(self, part: Part) -> dict[int, NotebookNode]:
        """The solution cells of a task or part, by index.

        Where the release does not say which cell that is, any solution cell counts. Where its
        cell writes a file, so does any other that writes one: which file holds what is the
        candidate's choice.
        """
        names = {part.task, f"{part.task}_{part.part}"}
        cells = {
            index: cell
            for index, cell in enumerate(self.notebook.cells)
            if assemble.is_solution(cell) and cell.cell_type == "code"
        }
        ids = {i: assemble.marks(c)["grade_id"] for i, c in cells.items()}
        own = {i for i in cells if ids[i] in names}
        files = {i for i in cells if self.sources.stubs[ids[i]].startswith("%%writefile")}
        if own & files:
            own |= files
        return {i: c for i, c in cells.items() if i in own} if own else cells

    def _attempted(self, part: Part) -> bool:
        """Whether a solution cell of the task or part differs from what was handed out."""
        return any(
            not assemble.same_code(c.source, self.sources.stubs[assemble.marks(c)["grade_id"]])
            for c in self._cells(part).values()
        )

    def _own_ending(self, part: Part) -> tuple[Status, str] | None:
        """How a solution cell of the part ended, if it did not end well."""
        for index in self._cells(part):
            if index in self.endings:
                status, words = self.endings[index]
                return status, f"the task's cell did not come to its end: {words}"
        return None

    def _has_own_code(self) -> bool:
        """Whether the candidate wrote code outside the solution cells."""
        own = [c.source for c in self.notebook.cells if c.cell_type == "code" and self._is_free(c)]
        return any(
            assemble.is_code(source)
            and not any(assemble.same_code(source, free) for free in self.sources.free)
            for source in own
        )

    @staticmethod
    def _is_free(cell: NotebookNode) -> bool:
        injected = "injected-parameters" in cell.metadata.get("tags", [])
        return not assemble.marks(cell) and not injected

    def _readings(self) -> tuple[Reading, ...]:
        found = []
        for cell in self.notebook.cells:
            mark = assemble.marks(cell)
            if not (mark.get("grade") and mark.get("solution")):
                continue
            part = self.release.graded[mark["grade_id"]]
            stub = self.sources.stubs[mark["grade_id"]]
            found.append(
                Reading(
                    cell=mark["grade_id"],
                    task=part.task,
                    part=part.part,
                    points=part.points,
                    attempted=cell.source.strip() != stub.strip(),
                )
            )
        return tuple(found)

    # -- kernels -------------------------------------------------------------------------------

    def _ready(self, upto: int) -> _Pair | None:
        """A pair of kernels in which the cells before ``upto`` have run; None if none can be."""
        while self._time_left() > 0:
            if self.pair is not None:
                return self.pair
            if self.restarts > RESTARTS or self.cpu >= self.limits.cpu_seconds:
                return None
            self.restarts += 1
            self.pair = _Pair(
                self.release,
                self.files,
                sandboxed=self.sandboxed,
                cpu_left=self.limits.cpu_seconds - self.cpu,
            )
            self._replay(upto)
        return None

    def _replay(self, upto: int) -> None:
        """Run the earlier cells again; stops, with no pair left, at one that breaks the kernel."""
        for index, cell in enumerate(self.notebook.cells[:upto]):
            pair, side = self.pair, route(cell)
            if pair is None:
                return
            if assemble.is_test(cell) or side is Side.NOWHERE:
                continue
            if side & Side.CANDIDATE and index not in self.skipped:
                ran = self._candidate_run(pair, cell.source, None)
                if ran.reset:
                    self.skipped.add(index)
                    self._close()
                    return
            if side & Side.GRADER:
                self._grader_run(pair, cell, None)

    def _close(self) -> None:
        pair, self.pair = self.pair, None
        if pair is not None:
            with closing(pair):
                self.cpu += pair.candidate.cpu()

    def _time_left(self) -> float:
        return self.limits.seconds - self.spent

    def _allowance(self) -> float:
        return max(0.1, min(self.limits.cell_seconds, self._time_left()))


def _score_output(verdict: Verdict) -> NotebookNode:
    """The one output of a check cell: nbgrader reads the plain text, people the rest."""
    if verdict.status is Status.GRADER_ERROR:
        words = "Grader error: the check is faulty; a person will decide about these points."
    else:
        words = f"{verdict.status.capitalize()}: {verdict.score:g} of {verdict.points:g} points."
        if verdict.reason:
            words += f" {verdict.reason}."
    data = {"text/plain": repr(verdict.score or 0.0), "text/html": f"<p>{escape(words)}</p>"}
    output: NotebookNode = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    return output
