"""A run: one grading of a cohort as a folder that can be continued, compared and committed.

Owns ``course/runs/<run>/``: ``manifest.json`` says what was to be graded, by whom and with what;
``<candidate>/<lab>/`` has the executed notebook and ``result.json``, of which the second is written
last and in one step, so a submission with a result is done and any other is not. Owns the way of a
run's results into the gradebook, too. Owns no grading (:mod:`autograde.regrade`) and no comparison
(:mod:`autograde.diff`).
"""

import fcntl
import getpass
import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import nbformat
from pydantic import ValidationError

from autograde import assemble, catalog, execute, gradebook, intake, results
from autograde.errors import UsageError
from autograde.verdict import Record, Result

#: What a lab's parameter ``device`` can be.
Device = Literal["auto", "cpu", "cuda"]


class Job(Record):
    """One submission by name: ``course/submitted/<candidate>/<lab>/``."""

    lab: str
    candidate: str


class Tests(Record):
    """What a lab was graded with.

    Attributes
    ----------
    tests, data
        sha256 (hex) over all that can change a score, and over the candidates' data in it.
    """

    tests: str
    data: str


class Parameters(Record):
    """What the operator chose; another choice is another run.

    Attributes
    ----------
    device
        What the labs' parameter of that name was set to; None leaves the labs' own value.
    sandboxed
        Whether candidates' code was confined.
    fresh
        Whether everything was executed, also where an earlier run had the same inputs.
    """

    device: Device | None = None
    sandboxed: bool = True
    fresh: bool = False


class Manifest(Record):
    """What a run is about.

    Attributes
    ----------
    started, by
        When (UTC, ISO 8601) and by which account on which machine it was begun.
    code, environment
        sha256 of this package, and of Python, all packages and this one.
    labs
        What each lab is graded with.
    parameters, jobs
        What was chosen, and every submission of the run.
    """

    started: str
    by: str
    code: str
    environment: str
    labs: Mapping[str, Tests]
    parameters: Parameters
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """How a person names it."""
        return self.folder.name

    def place(self, job: Job) -> Path:
        """Where what came out of a submission is kept."""
        return self.folder / job.candidate / job.lab

    def result(self, job: Job) -> Result | None:
        """The result of a submission, None if it has none yet."""
        try:
            return Result.model_validate_json((self.place(job) / "result.json").read_bytes())
        except FileNotFoundError:
            return None

    def done(self, job: Job) -> bool:
        """Whether a submission has its result."""
        return (self.place(job) / "result.json").exists()

    def notebook(self, job: Job) -> str | None:
        """The executed notebook as JSON; None for a grading that never came back."""
        try:
            return (self.place(job) / f"{job.lab}.ipynb").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def results(self) -> Iterator[Result]:
        """All results so far, one at a time, in the manifest's order."""
        for job in self.manifest.jobs:
            if found := self.result(job):
                yield found

    def save(self, job: Job, result: Result, notebook: str | None) -> None:
        """Keep what a grading has given; from now on the submission is done."""
        if notebook is not None:
            results.write_atomically(self.place(job) / f"{job.lab}.ipynb", notebook)
        results.write_atomically(
            self.place(job) / "result.json", result.model_dump_json(indent=1) + "\n"
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from working on this run; the system lets go when the process ends.

        Raises
        ------
        UsageError
            If another process is at it.
        """
        descriptor = os.open(self.folder / "manifest.json", os.O_RDONLY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageError(f"another process is at work on the run {self.name}") from error
            yield
        finally:
            os.close(descriptor)


def begin(
    course: Path,
    jobs: Sequence[Job],
    releases: Mapping[str, catalog.Release],
    parameters: Parameters,
) -> Run:
    """Make a new run's folder, named by the time (UTC) and a random end."""
    now = datetime.now(UTC)
    manifest = Manifest(
        started=now.isoformat(timespec="seconds"),
        by=f"{getpass.getuser()}@{socket.gethostname()}",
        code=execute.code_hash(),
        environment=execute.environment_hash(),
        labs=_tests(releases, {job.lab for job in jobs}),
        parameters=parameters,
        jobs=tuple(jobs),
    )
    folder = course / "runs" / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    results.write_atomically(folder / "manifest.json", manifest.model_dump_json(indent=1) + "\n")
    return Run(folder, manifest)


def load(course: Path, name: str) -> Run:
    """Open a run by its name or by the path of its folder.

    Raises
    ------
    UsageError
        If there is no such run, or its manifest is none.
    """
    folder = course / "runs" / Path(name).name
    try:
        text = (folder / "manifest.json").read_bytes()
        return Run(folder, Manifest.model_validate_json(text))
    except FileNotFoundError:
        known = [run.name for run in newest_first(course)]
        listed = f"the newest are: {', '.join(known[:5])}" if known else "there is none yet"
        raise UsageError(f"no run called {name!r} in {folder.parent}; {listed}") from None
    except ValidationError as error:
        raise UsageError(f"{folder / 'manifest.json'} is no manifest of a run: {error}") from error


def newest_first(course: Path) -> list[Run]:
    """All runs whose manifest can be read: one of another version of this package is no help."""
    found = []
    for path in sorted((course / "runs").glob("*/manifest.json"), reverse=True):
        with suppress(ValidationError):
            found.append(Run(path.parent, Manifest.model_validate_json(path.read_bytes())))
    return found


def require_unchanged(run: Run, releases: Mapping[str, catalog.Release]) -> None:
    """Raise UsageError if what a run grades with has changed since it was begun.

    Half of its results would then be of other tests, and nothing would say which.
    """
    manifest = run.manifest
    now = _tests(releases, set(manifest.labs))
    changed = [f"the tests of {lab}" for lab, tests in manifest.labs.items() if now[lab] != tests]
    if execute.environment_hash() != manifest.environment:
        own = execute.code_hash() != manifest.code
        changed.append("autograde itself" if own else "the installed packages")
    if changed:
        raise UsageError(
            f"the run {run.name} cannot go on: since it began, {', '.join(changed)} changed. "
            "Begin a new one without --resume"
        )


def earlier(
    others: Sequence[Run], run: Run, job: Job, digest: str, data: str
) -> tuple[Result, str | None] | None:
    """The newest result, with its notebook, of an earlier run with the same inputs.

    Parameters
    ----------
    others
        Where to look, the newest first (:func:`newest_first`).
    run, job, digest, data
        The run that asks, for which submission, and the hashes of it and of its data.

    Returns
    -------
    tuple or None
        The result names the run that executed it in ``origin``. A grading that failed by a fault
        of ours is never taken.
    """
    parameters = run.manifest.parameters
    wanted = (digest, run.manifest.labs[job.lab].tests, data, run.manifest.environment)
    for other in others:
        theirs = other.manifest.parameters
        same = (theirs.device, theirs.sandboxed) == (parameters.device, parameters.sandboxed)
        if not same or other.name == run.name:
            continue
        found = other.result(job)
        if found is None or found.status == "grader error":
            continue
        hashes = found.hashes
        if (hashes.submission, hashes.tests, hashes.data, hashes.environment) == wanted:
            origin = found.origin or other.name
            return found.model_copy(update={"origin": origin}), other.notebook(job)
    return None


def commit(course: Path, run: Run) -> None:
    """Make a run's results the standing ones: gradebook, ``course/results``, formgrader's pages.

    The gradebook changes in one transaction: all of the run or nothing. Before it the standing
    results are taken away, after it the new ones are written, so whatever happens in between, no
    score stands beside an older result; doing it once more ends it well.

    Raises
    ------
    UsageError
        If the run has not ended, or a candidate has handed in something else since; nothing is
        changed then.
    """
    jobs = run.manifest.jobs
    if undone := sum(not run.done(job) for job in jobs):
        raise UsageError(
            f"{undone} of {len(jobs)} submissions of the run {run.name} have no result yet; "
            f"go on with `autograde regrade --resume {run.name} --commit`"
        )
    newer = [
        f"{result.candidate} ({result.lab})"
        for result in run.results()
        if intake.read(submitted(course, result), result.lab).digest != result.hashes.submission
    ]
    if newer:
        raise UsageError(
            f"handed in again or gone since the run {run.name}: {', '.join(newer)}. Their new work "
            "has no score in it; regrade, which takes over what has not changed"
        )
    with run.held():
        # A grading that never came back still has a page, for a person who grades it by hand.
        bare = {job: _not_executed(course, job) for job in jobs if run.notebook(job) is None}
        for job in jobs:
            results.forget(course, job.lab, job.candidate)
        gradebook.commit_all(gradebook.url(course), run.results())
        for job, result in zip(jobs, run.results(), strict=True):
            # What formgrader and feedback read shows the same run as the gradebook.
            place = course / "autograded" / job.candidate / job.lab / f"{job.lab}.ipynb"
            results.write_atomically(place, run.notebook(job) or bare[job])
            results.save(course, result)


def _not_executed(course: Path, job: Job) -> str:
    """A submission's notebook as JSON, as it was before anything of it ran."""
    release = catalog.release(job.lab, course.parent)
    submission = intake.read(submitted(course, job), job.lab)
    text: str = nbformat.writes(assemble.assemble(release, submission))
    return text


def submitted(course: Path, job: Job | Result) -> Path:
    """The folder in which a submission was handed in."""
    return course / "submitted" / job.candidate / job.lab


def _tests(releases: Mapping[str, catalog.Release], labs: set[str]) -> dict[str, Tests]:
    return {
        lab: Tests(tests=releases[lab].tests_hash, data=releases[lab].data_hash)
        for lab in sorted(labs)
    }
