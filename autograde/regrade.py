"""A whole cohort again: every submission executed headlessly by papermill, as Ray tasks.

Owns the run: finding submissions, sending them out by value, collecting results as they come, the
run's folder and the write into the gradebook, which the driver alone does. Owns no grading: a task
calls papermill with :class:`~autograde.engine.AutogradeEngine`.
"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import nbformat

from autograde import assemble, catalog, execute, gradebook, intake, results, workspace
from autograde.errors import UsageError
from autograde.verdict import Result

#: What a lab's parameter ``device`` can be.
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Job:
    """One submission by value."""

    lab: str
    candidate: str
    submission: intake.Submission


def find(course: Path, labs: Sequence[str], candidates: Sequence[str]) -> list[Job]:
    """Submissions under ``course/submitted/<candidate>/<lab>/``.

    Parameters
    ----------
    labs, candidates
        Which to take; no candidates means all of them.

    Raises
    ------
    UsageError
        If a candidate is named who has handed nothing in, or there is nothing at all.
    """
    jobs = []
    for folder in sorted((course / "submitted").glob("*/*")):
        candidate, lab = folder.parent.name, folder.name
        wanted = lab in labs and (not candidates or candidate in candidates)
        if wanted and folder.is_dir() and not folder.is_symlink():
            jobs.append(Job(lab, candidate, intake.read(folder, lab)))
    missing = set(candidates) - {job.candidate for job in jobs}
    if missing:
        raise UsageError(f"nothing was handed in by {', '.join(sorted(missing))} for these labs")
    if not jobs:
        raise UsageError(f"no submission of {', '.join(labs)} under {course / 'submitted'}")
    return jobs


def grade_one(
    release: catalog.Release, job: Job, sandboxed: bool, device: Device | None
) -> tuple[str, str]:
    """Execute one submission with papermill: the result and the notebook, both as JSON.

    ``device`` is what to set the lab's parameter of that name to; None leaves the lab's own value.
    """
    import papermill
    from papermill.engines import papermill_engines

    from autograde.engine import AutogradeEngine  # not before papermill, which imports it

    # By hand: where this package was sent to, it is not installed and has no entry point.
    papermill_engines.register("autograde", AutogradeEngine)
    collected: list[Result] = []
    executed = papermill.execute_notebook(
        assemble.assemble(release, job.submission),
        None,
        {"device": device} if device else None,
        engine_name="autograde",
        progress_bar=False,
        release=release,
        files=job.submission.files,
        candidate=job.candidate,
        sandboxed=sandboxed,
        collect=collected,
    )
    return collected[0].model_dump_json(), nbformat.writes(executed)


def run(
    jobs: Sequence[Job],
    releases: Mapping[str, catalog.Release],
    course: Path,
    folder: Path,
    *,
    workers: int,
    address: str | None = None,
    device: Device | None = None,
    sandboxed: bool = True,
) -> Iterator[Result]:
    """Grade the jobs on Ray and yield each result as it comes.

    Parameters
    ----------
    jobs, releases
        What to grade, and the labs by name.
    course, folder
        nbgrader's working folder, and the run's own (:func:`new_folder`).
    workers
        Gradings at a time on this machine; on a cluster, what it has decides.
    address
        A running Ray cluster instead of one on this machine.
    device
        Where labs with a parameter ``device`` compute; their own value by default. With
        ``"cuda"`` they need a GPU, as the labs do of which ``lab.yaml`` says so.
    sandboxed
        Whether candidates' code is confined.

    Yields
    ------
    Result
        In the order in which they end. The scores are in the gradebook, and the executed notebook
        in the run's folder, when a result is yielded.

    Raises
    ------
    UsageError
        If a lab needs a GPU and the cluster has none; nothing was graded or forgotten.
    """
    db_url = f"sqlite:///{course / 'gradebook.db'}"
    done: list[Result] = []
    devices = {name: device for name, lab in releases.items() if device and _has_device(lab)}
    releases = {n: _with_gpu(r) if devices.get(n) == "cuda" else r for n, r in releases.items()}
    with _ray(workers, address) as ray:
        _require_gpus(releases, ray.cluster_resources())
        for job in jobs:  # no score outlives the beginning of the run that replaces it
            gradebook.forget(db_url, job.lab, job.candidate)
            results.forget(course, job.lab, job.candidate)
        for job, result, notebook in _outcomes(ray, jobs, releases, devices, sandboxed):
            gradebook.commit(db_url, result)
            results.save(course, result)
            if notebook is not None:
                name = f"{job.lab}.ipynb"
                results.write_atomically(folder / job.candidate / job.lab / name, notebook)
                # What formgrader and feedback read shows the same run as the gradebook.
                results.write_atomically(
                    course / "autograded" / job.candidate / job.lab / name, notebook
                )
            done.append(result)
            results.write_lines(
                folder / "results.jsonl", sorted(done, key=lambda r: (r.lab, r.candidate))
            )
            yield result


def _has_device(release: catalog.Release) -> bool:
    """Whether the lab has a parameter ``device``.

    For any other lab papermill would put a cell at the top of the notebook, for nobody to read.
    """
    import papermill

    notebook = nbformat.reads(release.source.decode(), as_version=4)
    return "device" in papermill.inspect_notebook(notebook)


def _with_gpu(release: catalog.Release) -> catalog.Release:
    """The lab as if ``lab.yaml`` said that it needs a GPU; its hash of the tests stays."""
    needs = release.lab.needs.model_copy(update={"gpu": True})
    return replace(release, lab=release.lab.model_copy(update={"needs": needs}))


def _require_gpus(releases: Mapping[str, catalog.Release], found: Mapping[str, float]) -> None:
    """Raise if Ray would wait for ever for a node with a GPU."""
    needy = sorted(name for name, release in releases.items() if release.lab.needs.gpu)
    if needy and found.get("GPU", 0) < 1:
        raise UsageError(
            f"{', '.join(needy)} must be graded on a GPU, and Ray has none (CPUs: "
            f"{found.get('CPU', 0):g}); nothing was graded. Regrade where `nvidia-smi` shows one, "
            "or give the --address of a cluster with a GPU worker that is up "
            "(docs/gpu-runners.md). To do without, leave out --device cuda and the labs that say "
            "`needs: {gpu: true}`"
        )


@contextmanager
def _ray(workers: int, address: str | None) -> Iterator[Any]:
    """Ray's module while it is connected to a cluster, or to one that it starts here."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray  # a second of imports that no other command needs

    start: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if address is None:
        start |= {"num_cpus": workers, "include_dashboard": False}
    else:
        start |= {"address": address, "runtime_env": {"py_modules": [str(Path(__file__).parent)]}}
    ray.init(**start)
    try:
        yield ray
    finally:
        ray.shutdown()
        workspace.sweep()  # Ray kills its workers


def _outcomes(
    ray: Any,
    jobs: Sequence[Job],
    releases: Mapping[str, catalog.Release],
    devices: Mapping[str, Device],
    sandboxed: bool,
) -> Iterator[tuple[Job, Result, str | None]]:
    """Send all jobs out; yield each with its result and executed notebook as they come back."""
    remote = ray.remote(num_cpus=1, max_retries=1)(grade_one)
    shipped = {name: ray.put(release) for name, release in releases.items()}
    waiting = {}
    for job in jobs:
        # With a GPU of its own, a task is told by Ray which one: in CUDA_VISIBLE_DEVICES.
        task = remote.options(num_gpus=int(releases[job.lab].lab.needs.gpu))
        sent = task.remote(shipped[job.lab], job, sandboxed, devices.get(job.lab))
        waiting[sent] = job
    while waiting:
        (ready,), _ = ray.wait(list(waiting), num_returns=1)
        job = waiting.pop(ready)
        try:
            text, notebook = ray.get(ready)
            yield job, Result.model_validate_json(text), notebook
        except ray.exceptions.RayError as error:
            lost = execute.undecided(
                releases[job.lab],
                job.submission.digest,
                job.candidate,
                str(error),
                sandboxed=sandboxed,
            )
            yield job, lost, None


def new_folder(course: Path) -> Path:
    """Folder of a new run, named by the time (UTC) and a random end."""
    return course / "runs" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
