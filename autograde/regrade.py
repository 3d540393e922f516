"""A whole cohort again: every submission executed headlessly by papermill, on Ray actors.

Owns how the submissions of a run (:mod:`autograde.runs`) are sent out by value to whatever machines
there are, and what happens when one of them goes. Owns no grading: an actor calls papermill with
:class:`~autograde.engine.AutogradeEngine`; and no folder, and no gradebook.

The driver holds as many submissions at a time as there are actors, however large the cohort is.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil

from autograde import assemble, catalog, collect, execute, intake, namespaces, runs, workspace
from autograde.errors import GradingError, LabError, UsageError
from autograde.runs import Device, Job, Run
from autograde.verdict import Result

#: How often a submission is sent out before its points are left open: actors die of other causes.
TRIES = 2
#: How many graders in a row may fail to start before the run is given up.
STARTS = 3
#: Seconds without a result after which it is asked whether the machines are still there.
LOOK = 10.0


def find(course: Path, labs: Sequence[str], candidates: Sequence[str]) -> list[Job]:
    """Submissions under ``course/submitted/<candidate>/<lab>/``, those of a lab together.

    Parameters
    ----------
    labs, candidates
        Which to take; no candidates means all of them.

    Raises
    ------
    UsageError
        If a candidate is named who has handed nothing in, or there is nothing at all.
    """
    jobs = [
        Job(lab=folder.name, candidate=folder.parent.name)
        for folder in (course / "submitted").glob("*/*")
        if folder.name in labs
        and (not candidates or folder.parent.name in candidates)
        and folder.is_dir()
        and not folder.is_symlink()
    ]
    missing = set(candidates) - {job.candidate for job in jobs}
    if missing:
        raise UsageError(f"nothing was handed in by {', '.join(sorted(missing))} for these labs")
    if not jobs:
        raise UsageError(f"no submission of {', '.join(labs)} under {course / 'submitted'}")
    return sorted(jobs, key=lambda job: (job.lab, job.candidate))


class Grader:
    """What runs on Ray: a process that grades one lab's submissions one after the other.

    Its templates, and with them the sandbox, stay warm from one to the next.
    """

    def __init__(self, release: catalog.Release, sandboxed: bool, device: Device | None) -> None:
        # By itself a worker notices within seconds that its raylet has died; but once it was there
        # a minute later, and candidates' code, which it has started, lives as long as it does.
        namespaces.end_with_parent(os.getppid())
        self.release, self.sandboxed, self.device = release, sandboxed, device

    def ready(self) -> None:
        """Answer: the process has started, and its machine is there."""

    def grade(
        self, candidate: str, submission: intake.Submission, data: Mapping[str, bytes] | None
    ) -> tuple[str, str]:
        """Execute a submission with papermill: the result and the notebook, both as JSON.

        ``data`` is what the candidate was given, if that is not the lab's own.
        """
        import papermill
        from papermill.engines import papermill_engines

        from autograde.engine import AutogradeEngine  # not before papermill, which imports it

        # By hand: where this package was sent to, it is not installed and has no entry point.
        papermill_engines.register("autograde", AutogradeEngine)
        release = self.release if data is None else replace(self.release, public=data)
        collected: list[Result] = []
        executed = papermill.execute_notebook(
            assemble.assemble(release, submission),
            None,
            {"device": self.device} if self.device else None,
            engine_name="autograde",
            progress_bar=False,
            release=release,
            files=submission.files,
            candidate=candidate,
            sandboxed=self.sandboxed,
            collect=collected,
        )
        return collected[0].model_dump_json(), nbformat.writes(executed)


def grade(
    run: Run,
    releases: Mapping[str, catalog.Release],
    course: Path,
    *,
    workers: int,
    address: str | None = None,
) -> Iterator[Result]:
    """Grade on Ray what a run has no results of yet, and yield each result when it is kept.

    Parameters
    ----------
    run, releases
        What to grade, and the labs by name.
    course
        nbgrader's working folder.
    workers
        Gradings at a time on this machine; on a cluster, what it has decides.
    address
        A running Ray cluster instead of one on this machine.

    Yields
    ------
    Result
        In the order in which they end.

    Raises
    ------
    UsageError
        If a lab needs a GPU and the cluster has none (nothing was graded), or another process is
        at work on this run.
    GradingError
        If the cluster has lost the machines that a lab needs; the run can go on later.
    """
    device = run.manifest.parameters.device
    devices = {name: device for name, lab in releases.items() if device and _has_device(lab)}
    releases = {n: _with_gpu(r) if devices.get(n) == "cuda" else r for n, r in releases.items()}
    with run.held():
        others = [] if run.manifest.parameters.fresh else runs.newest_first(course)
        todo: dict[str, deque[_Sent]] = {}
        for job in run.manifest.jobs:
            if run.done(job):
                continue
            submission = intake.read(runs.submitted(course, job), job.lab)
            try:
                given = collect.own(releases[job.lab], course, job.candidate).data_hash
            except LabError as error:  # their data are not there, and the others' are
                result = execute.undecided(
                    releases[job.lab],
                    submission.digest,
                    job.candidate,
                    str(error),
                    sandboxed=run.manifest.parameters.sandboxed,
                )
                run.save(job, result, None)
                yield result
                continue
            if found := runs.earlier(others, run, job, submission.digest, given):
                run.save(job, *found)
                yield found[0]
            else:
                todo.setdefault(job.lab, deque()).append(_Sent(job))
        if not todo:
            return
        most = max(releases[lab].lab.limits.memory_mb for lab in todo)
        with _ray(workers, address, most, run) as ray:
            _require_gpus([releases[lab] for lab in todo], ray.cluster_resources())
            crew = _Crew(ray, releases, devices, run.manifest.parameters.sandboxed)
            yield from _graded(ray, crew, todo, run, course)


@dataclass(frozen=True)
class _Sent:
    """A submission on its way: how often it was sent before, and the hash of what was sent."""

    job: Job
    tries: int = 0
    digest: str = ""


def _graded(
    ray: Any, crew: "_Crew", todo: Mapping[str, deque[_Sent]], run: Run, course: Path
) -> Iterator[Result]:
    """Keep every actor busy until nothing is left; keep and yield each result.

    A submission is sent to an actor that has just answered, so that one which never ran, since its
    machine had gone, has not been tried.
    """
    asked: dict[Any, tuple[Any, str, bool]] = {}  # whether it is a new one, too
    busy: dict[Any, tuple[Any, _Sent]] = {}
    unstarted = 0
    while busy or any(todo.values()):
        crew.dismiss({lab for lab, queue in todo.items() if not queue})
        for lab, queue in todo.items():
            # Idle ones always: a new one for which Ray finds no place may not answer for long.
            old, new = (
                sum((of, hired) == (lab, kind) for _, of, hired in asked.values())
                for kind in (False, True)
            )
            while old < len(queue) and (actor := crew.idle(lab)):
                asked[actor.ready.remote()] = actor, lab, False
                old += 1
            while old + new < len(queue) and (actor := crew.hire(lab)):
                asked[actor.ready.remote()] = actor, lab, True
                new += 1
        refs = [*asked, *busy]
        found, _ = ray.wait(refs, num_returns=1, timeout=LOOK) if refs else ([], [])
        if not found:
            crew.require_place({*crew.labs, *(lab for lab, queue in todo.items() if queue)}, run)
            continue
        (ref,) = found
        if ref in asked:
            actor, lab, _ = asked.pop(ref)
            try:
                ray.get(ref)
            except ray.exceptions.RayError as error:
                crew.lose(actor)
                unstarted += 1
                if unstarted == STARTS:
                    raise _stopped(f"no grader of {lab} could be started: {error}", run) from error
                time.sleep(LOOK)  # by then it is known whether a machine has gone
                crew.require_place({lab}, run)
                continue
            unstarted = 0
            if not todo[lab]:
                crew.give_back(lab, actor)
                continue
            sent = todo[lab].popleft()
            submission = intake.read(runs.submitted(course, sent.job), lab)
            sent = _Sent(sent.job, sent.tries + 1, submission.digest)
            given = collect.own(crew.releases[lab], course, sent.job.candidate).public
            data = None if given == crew.releases[lab].public else given
            busy[actor.grade.remote(sent.job.candidate, submission, data)] = actor, sent
            continue
        actor, sent = busy.pop(ref)
        try:
            text, notebook = ray.get(ref)
            result = Result.model_validate_json(text)
        except ray.exceptions.RayTaskError as error:  # the actor lives, and says what it met
            result, notebook = crew.undecided(sent, str(error)), None
        except ray.exceptions.RayError as error:
            crew.lose(actor)
            if sent.tries < TRIES:
                todo[sent.job.lab].appendleft(sent)
                continue
            result, notebook = crew.undecided(sent, str(error)), None
            actor = None
        if actor:
            crew.give_back(sent.job.lab, actor)
        run.save(sent.job, result, notebook)
        yield result


def _stopped(why: str, run: Run) -> GradingError:
    return GradingError(
        f"{why}. No result is lost: mend that and go on with "
        f"`autograde regrade --resume {run.name}`"
    )


class _Crew:
    """The actors: each for one lab, as many as the cluster has room for, replaced when they die."""

    def __init__(
        self,
        ray: Any,
        releases: Mapping[str, catalog.Release],
        devices: Mapping[str, Device],
        sandboxed: bool,
    ) -> None:
        self._ray, self.releases, self._sandboxed = ray, releases, sandboxed
        self._devices = devices
        self._home = ray.get_runtime_context().get_node_id()
        self._shipped: dict[str, Any] = {}
        self._idle: list[tuple[str, Any]] = []
        self._living: dict[Any, str] = {}  # actors, and the lab of each

    def idle(self, lab: str) -> Any | None:
        """An actor of the lab that has nothing to do, or None."""
        for index, (known, actor) in enumerate(self._idle):
            if known == lab:
                del self._idle[index]
                return actor
        return None

    def hire(self, lab: str) -> Any | None:
        """A new actor for the lab, or None if there is no room for it."""
        if not self._room(lab):
            return None
        if lab not in self._shipped:
            self._shipped[lab] = self._ray.put(self.releases[lab])
        needs = self._needs(lab)
        # With a GPU of its own, an actor is told by Ray which one: in CUDA_VISIBLE_DEVICES.
        made = self._ray.remote(Grader).options(
            num_cpus=needs["CPU"], memory=needs["memory"], num_gpus=needs["GPU"]
        )
        actor = made.remote(self._shipped[lab], self._sandboxed, self._devices.get(lab))
        self._living[actor] = lab
        return actor

    def give_back(self, lab: str, actor: Any) -> None:
        """The actor has nothing to do."""
        self._idle.append((lab, actor))

    def lose(self, actor: Any) -> None:
        """End an actor, if it has not ended by itself."""
        self._living.pop(actor)
        self._ray.kill(actor)

    def dismiss(self, labs: Set[str]) -> None:
        """End idle actors of labs that are done: their room goes to others."""
        for lab, actor in list(self._idle):
            if lab in labs:
                self._idle.remove((lab, actor))
                self.lose(actor)

    @property
    def labs(self) -> set[str]:
        """Those for which there are actors."""
        return set(self._living.values())

    def require_place(self, labs: Set[str], run: Run) -> None:
        """Raise GradingError if no machine of the cluster is large enough for one of the labs.

        Or if the one has gone through which this process asks: the others would never hear of it.
        """
        if not any(node["NodeID"] == self._home for node in self._ray.nodes() if node["Alive"]):
            raise _stopped("Ray has ended on the machine from which this run is directed", run)
        nodes = self._nodes()
        for lab in sorted(labs):
            needs = self._needs(lab)
            if not any(_fits(needs, node) for node in nodes):
                there = "; ".join(map(_words, nodes)) or "no machine"
                raise _stopped(
                    f"no machine of the Ray cluster can grade {lab}, which needs {_words(needs)}; "
                    f"there is: {there}",
                    run,
                )

    def undecided(self, sent: _Sent, why: str) -> Result:
        """The result of a grading that never came back."""
        return execute.undecided(
            self.releases[sent.job.lab],
            sent.digest,
            sent.job.candidate,
            why,
            sandboxed=self._sandboxed,
        )

    def _needs(self, lab: str) -> dict[str, float]:
        about = self.releases[lab].lab
        memory = about.limits.memory_mb * 2.0**20
        return {"CPU": 1.0, "memory": memory, "GPU": float(about.needs.gpu)}

    def _nodes(self) -> list[dict[str, float]]:
        """What each living machine of the cluster has in all."""
        return [
            {name: node["Resources"].get(name, 0.0) for name in ("CPU", "memory", "GPU")}
            for node in self._ray.nodes()
            if node["Alive"]
        ]

    def _room(self, lab: str) -> bool:
        """Whether one more actor has a place beside the others, each put where it fits first.

        Ray may have put them otherwise. Then the new one waits until another one has ended.
        """
        nodes = self._nodes()
        for needs in map(self._needs, (*self._living.values(), lab)):
            place = next((node for node in nodes if _fits(needs, node)), None)
            if place is None:
                return False
            for name, amount in needs.items():
                place[name] -= amount
        return True


def _fits(needs: Mapping[str, float], node: Mapping[str, float]) -> bool:
    return all(amount <= node[name] for name, amount in needs.items())


def _words(resources: Mapping[str, float]) -> str:
    gpu = f", {resources['GPU']:g} GPU" if resources["GPU"] else ""
    return f"{resources['CPU']:g} CPU, {resources['memory'] / 2**30:.1f} GiB{gpu}"


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


def _require_gpus(wanted: Sequence[catalog.Release], found: Mapping[str, float]) -> None:
    """Raise if there is a lab that no node of the cluster can grade."""
    needy = sorted(release.name for release in wanted if release.lab.needs.gpu)
    if needy and found.get("GPU", 0) < 1:
        raise UsageError(
            f"{', '.join(needy)} must be graded on a GPU, and Ray has none (CPUs: "
            f"{found.get('CPU', 0):g}); nothing was graded. Regrade where `nvidia-smi` shows one, "
            "or give the --address of a cluster with a GPU worker that is up "
            "(docs/gpu-runners.md). To do without, leave out --device cuda and the labs that say "
            "`needs: {gpu: true}`"
        )


@contextmanager
def _ray(workers: int, address: str | None, memory_mb: int, run: Run) -> Iterator[Any]:
    """Ray's module while it is connected to a cluster, or to one that it starts here.

    Here there is always room for one grading, of a lab that may take ``memory_mb``: what a lab may
    take is more than what nearly every submission takes.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray  # a second of imports that no other command needs

    start: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if address is None:
        memory = max(psutil.virtual_memory().available * 0.7, memory_mb * 2**20)
        # Without the address it would join a cluster that happens to run on this machine.
        start |= {"address": "local", "num_cpus": workers, "_memory": int(memory)}
        start |= {"include_dashboard": False}
    else:
        start |= {"address": address, "runtime_env": {"py_modules": [str(Path(__file__).parent)]}}
    try:
        ray.init(**start)
    except Exception as error:  # of Ray's many ways to say so, most have no class of their own
        where = f"cannot be reached at {address}" if address else "did not start"
        raise _stopped(f"Ray {where}: {error}", run) from error
    try:
        yield ray
    finally:
        ray.shutdown()
        workspace.sweep()  # Ray kills its workers
