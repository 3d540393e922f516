"""What grading a submission costs: ours, vanilla nbgrader's, and the least that it could be.

Owns the measuring that ``make bench`` runs; prints tables and changes nothing. Owns no judgement of
scores, but compares them: a way of grading that is quick because it does less would show.

The same submissions of one lab go through every way of grading, on this machine and in turns:

floor
    A process that has imported the lab's libraries forks for each submission; the fork runs the
    notebook's cells and its checks, hidden tests included, in one namespace. No sandbox, no second
    process, no outputs kept, no database: nothing can cost less that still runs the same code in
    a clean process.
vanilla
    ``nbgrader autograde`` with nbgrader's own steps, in a course of its own.
ours
    ``nbgrader autograde`` with this repository's configuration.
regrade
    ``autograde regrade``: papermill on Ray, with one worker and with one for each core.

Two sizes of cohort tell what one more submission costs (*marginal*: the slope) from what a run
costs before its first (*start*: the rest). The larger cohort is the smaller one and whole rounds of
the same submissions, so each of them weighs the same.

CPU time is counted as :mod:`spending` says, with the wardens' own count of what ran in the sandbox;
``--prove`` burns a known time in a candidate's cell and shows how much of it is seen.
"""

import argparse
import contextlib
import gc
import importlib
import io
import json
import os
import platform
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from rich.table import Table
from spending import CORES, REPOSITORY, Spent, Surroundings, adopt, err, kill_all, out

from autograde import answers, assemble, catalog, intake, runs, sandbox, warden
from autograde.forks import Kind, templates
from autograde.intake import Cell
from autograde.kernels import Kernel
from autograde.verdict import Result, points_for, total

#: The two figures of the promise: ours against the floor, and against vanilla.
MOST_TO_FLOOR, MOST_TO_VANILLA, MOST_TO_READY = 1.5, 1 / 3, 0.5
#: Different submissions, and CPU seconds that each burns to prove that they are seen.
DIFFERENT, BURN = 5, 8

Scores = Mapping[str, Mapping[str, float | None]]


# -- a run of one way --------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A way of grading: its command line, the course that it needs, and where its scores are."""

    name: str
    course: str
    command: tuple[str, ...]
    workers: int = 1


class Bench(Surroundings):
    """The temporary folder of one benchmark: courses ready to be copied, and the submissions."""

    def __init__(self, folder: Path, lab: str) -> None:
        super().__init__(folder)
        self.lab = lab
        self.make_ours(folder / "ours", [lab])
        self.make_vanilla(folder / "vanilla", folder / "ours", [lab])
        release = catalog.release(lab, folder / "ours")
        chosen = list(answers.cohort(answers.load(lab, REPOSITORY, release)).items())[:DIFFERENT]
        self.handed_in = {name: answers.notebook(release, answer) for name, answer in chosen}

    def grade(self, way: Way, submissions: Mapping[str, bytes]) -> tuple[Spent, Scores]:
        """Grade submissions in a fresh copy of the course; what it cost, and the scores."""
        root = self.folder / "run"
        try:
            shutil.copytree(self.folder / way.course, root)
            course = root / "course" if way.course == "ours" else root
            for candidate, notebook in submissions.items():
                file = course / "submitted" / candidate / self.lab / f"{self.lab}.ipynb"
                file.parent.mkdir(parents=True)
                file.write_bytes(notebook)
            spent = self.call(way.command, root)
            results = [
                Result.model_validate_json(file.read_bytes())
                for file in root.glob("course/results/*/*.json")
            ]
            counted = spent.cpu + sum(r.cpu for r in results)
            spent = replace(spent, cpu=max(counted, spent.seen))
            scores = self._scores(way, root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        if set(scores) != set(submissions):
            sys.exit(f"{way.name} graded {sorted(scores)} of {sorted(submissions)}")
        return spent, scores

    def _scores(self, way: Way, root: Path) -> Scores:
        if way.name == "floor":
            printed: Scores = json.loads(self.said)
            return printed
        if way.command[0] == "autograde":
            (run,) = runs.newest_first(root / "course")
            return {r.candidate: {v.cell: v.score for v in r.verdicts} for r in run.results()}
        from nbgrader.api import Gradebook

        database = root / ("course/gradebook.db" if way.course == "ours" else "gradebook.db")
        checks = catalog.release(self.lab, self.folder / "ours").graded
        found: dict[str, dict[str, float | None]] = {}
        with Gradebook(f"sqlite:///{database}") as gradebook:
            for submission in gradebook.assignment_submissions(self.lab):
                (notebook,) = submission.notebooks
                found[submission.student_id] = {
                    g.name: g.auto_score for g in notebook.grades if not checks[g.name].manual
                }
        return found

    def cohort(self, n: int) -> dict[str, bytes]:
        """``n`` submissions: the different ones in turn."""
        names = list(self.handed_in)
        return {
            f"c{i:03}-{names[i % len(names)]}": self.handed_in[names[i % len(names)]]
            for i in range(n)
        }

    def with_burning(self, n: int) -> dict[str, bytes]:
        """``n`` submissions, each with a cell of its own that burns CPU time."""
        burning = {}
        for candidate, text in self.cohort(n).items():
            notebook = nbformat.reads(text.decode(), as_version=4)
            cell = nbformat.v4.new_code_cell(
                "import time\n_begun = time.process_time()\n"
                f"while time.process_time() < _begun + {BURN}:\n    pass"
            )
            notebook.cells.append(cell)
            burning[candidate] = nbformat.writes(notebook).encode()
        return burning


def ways(lab: str) -> list[Way]:
    """Every way of grading, the floor first."""
    grade = ("nbgrader", "autograde", lab)
    regrade = ("autograde", "regrade", "--commit", "--workers")
    return [
        Way("floor", "ours", _again("--lab", lab, "--as-floor")),
        Way("vanilla", "vanilla", grade),
        Way("ours", "ours", grade),
        Way("regrade, 1 worker", "ours", (*regrade, "1")),
        Way(f"regrade, {CORES} workers", "ours", (*regrade, str(CORES)), CORES),
    ]


# -- in processes of their own -----------------------------------------------------------------


def run_floor(lab: str) -> None:
    """Grade what is handed in below the working directory, and print the scores as JSON."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from autograde import regrade

    root = Path.cwd()
    release = catalog.release(lab, root)
    tests = assemble.sources(release).tests
    for library in (*release.lab.libraries, "autograde.checks"):
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as folder:
        for relative, content in {**release.public, **release.private}.items():
            file = Path(folder, relative)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        os.chdir(folder)
        sys.path.insert(0, folder)
        no_history = Config({"HistoryManager": {"enabled": False}})
        gc.collect()
        gc.freeze()
        scores = {}
        for job in regrade.find(root / "course", [lab], []):
            receiver, sender = os.pipe()
            if os.fork() == 0:
                os.close(receiver)
                shell = InteractiveShell.instance(config=no_history)
                with contextlib.redirect_stdout(io.StringIO()):
                    cells = intake.read(runs.submitted(root / "course", job), lab).cells
                    found = _one_namespace(shell, cells, tests, release.graded)
                os.write(sender, json.dumps(found).encode())
                os._exit(0)
            os.close(sender)
            with os.fdopen(receiver, "rb") as pipe:
                scores[job.candidate] = json.loads(pipe.read())
            os.wait()
        os.chdir(root)
    print(json.dumps(scores))


def _one_namespace(
    shell: Any, cells: Iterable[Cell], tests: Mapping[str, str], graded: Mapping[str, catalog.Part]
) -> dict[str, float]:
    """Run cells and checks as a notebook would; the checks' scores."""
    scores = {}
    for cell in cells:
        if cell.type != "code":
            continue
        name = cell.grade_id or ""
        ran = shell.run_cell(tests.get(name, cell.source), store_history=False)
        if name in tests:
            scores[name] = points_for(ran.result, graded[name].points) if ran.success else 0.0
    return scores


def run_ready(times: int) -> None:
    """Print the seconds until a candidate's kernel is ready, of a template with much in it."""
    kind = Kind("candidate", ("pandas", "sklearn", "matplotlib", "torch"), sandboxed=True)
    limits = {**catalog.Limits().model_dump(), "gpu": False}
    order = {
        "shown": sandbox.shown(),
        "environment": sandbox.environment(warden.HOME, "/tmp"),
        "cwd": warden.WORK,
        "files": {},
        "own_files": {},
        "limits": limits,
    }
    begun = time.monotonic()
    templates.get(kind)
    start, seconds = time.monotonic() - begun, []
    for _ in range(times):
        near, far = socket.socketpair()
        with near, far:
            begun = time.monotonic()
            with contextlib.closing(Kernel(kind, link=far.fileno(), order=order)) as kernel:
                kernel.wait_ready()
                seconds.append(time.monotonic() - begun)
                _loaded(kernel, kind.libraries)
    templates.close()
    print(json.dumps([start, *seconds]))


def _loaded(kernel: Kernel, libraries: Sequence[str]) -> None:
    """Make sure that what was measured is a kernel that has the libraries loaded."""
    names = ", ".join(map(repr, libraries))
    ran = kernel.run(f"import sys\nassert sys.modules.keys() >= {{{names}}}", 30.0, None)
    if ran.ended != "ok":
        sys.exit(f"the kernel has not loaded {names}: {ran.error}")


# -- what is measured --------------------------------------------------------------------------


def compare_costs(bench: Bench, *, rounds: int, steps: int) -> bool:
    """Measure every way in turns and print what it costs; whether ours keeps its promise."""
    listed = ways(bench.lab)
    spent: dict[tuple[str, int], list[Spent]] = defaultdict(list)
    scores: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for turn in range(rounds):
        for way in listed if turn % 2 == 0 else reversed(listed):
            for n in _sizes(way, steps):
                cost, graded = bench.grade(way, bench.cohort(n))
                spent[way.name, n].append(cost)
                for candidate, found in graded.items():
                    scores[way.name][candidate.partition("-")[2]].append(found)
                err.print(
                    f"round {turn + 1} of {rounds}, {way.name}, {n} submissions: "
                    f"CPU {cost.cpu:.2f} s, wall {cost.wall:.2f} s"
                )
    marginal = {way.name: _marginal(spent, way, steps) for way in listed}
    _print_costs(listed, spent, marginal, rounds=rounds, steps=steps)
    _print_scores(scores)
    ours, floor, vanilla = (
        statistics.median(s.cpu for s in marginal[name]) for name in ("ours", "floor", "vanilla")
    )
    out.print(
        f"The floor is {floor / vanilla:.2f} of vanilla nbgrader's: nothing that runs the same "
        "cells and checks in a process of their own can cost less."
    )
    kept = []
    for base, name, most in (
        (floor, "the floor's", MOST_TO_FLOOR),
        (vanilla, "vanilla nbgrader's", MOST_TO_VANILLA),
    ):
        kept.append(ours <= most * base)
        words = "kept" if kept[-1] else "NOT KEPT"
        out.print(f"marginal CPU of ours: {ours / base:.2f} of {name}, at most {most:.2f}: {words}")
    return all(kept)


def _sizes(way: Way, steps: int) -> tuple[int, int]:
    """Small enough to be mostly start, yet work for every worker; and that with whole rounds."""
    small = 2 * way.workers
    return small, small + DIFFERENT * steps * way.workers


def _marginal(
    spent: Mapping[tuple[str, int], Sequence[Spent]], way: Way, steps: int
) -> list[Spent]:
    """What one more submission costs, by round."""
    small, large = _sizes(way, steps)
    return [
        Spent((b.cpu - a.cpu) / (large - small), (b.wall - a.wall) / (large - small))
        for a, b in zip(spent[way.name, small], spent[way.name, large], strict=True)
    ]


def _print_costs(
    listed: Sequence[Way],
    spent: Mapping[tuple[str, int], Sequence[Spent]],
    marginal: Mapping[str, Sequence[Spent]],
    *,
    rounds: int,
    steps: int,
) -> None:
    title = f"what one more submission costs, and a start: median (least-most) of {rounds} rounds"
    table = Table(title=title, title_justify="left")
    for column in ("", "CPU s", "to floor", "to vanilla", "wall s", "start: CPU s", "wall s"):
        table.add_column(column)
    table.add_column("cohorts")
    cpu = {name: statistics.median(s.cpu for s in of) for name, of in marginal.items()}
    for way in listed:
        small, large = _sizes(way, steps)
        first, more = spent[way.name, small], marginal[way.name]
        table.add_row(
            way.name,
            _spread([s.cpu for s in more]),
            f"{cpu[way.name] / cpu['floor']:.2f}",
            f"{cpu[way.name] / cpu['vanilla']:.2f}",
            _spread([s.wall for s in more]),
            _spread([a.cpu - small * m.cpu for a, m in zip(first, more, strict=True)]),
            _spread([a.wall - small * m.wall for a, m in zip(first, more, strict=True)]),
            f"{small} and {large}",
        )
    out.print(table)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _print_scores(scores: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Print each submission's points by way, and where a way differs from ours or from itself."""
    title = "points by the automatic checks; in brackets: how many checks differ from ours"
    table = Table(title=title, title_justify="left")
    for column in ("", *scores):
        table.add_column(column)
    for name, (expected, *_) in scores["ours"].items():
        cells = []
        for by_name in scores.values():
            first, *others = by_name[name]
            words = f"{total(first.values()):g}"
            if differs := sum(first[check] != score for check, score in expected.items()):
                words += f" ({differs})"
            if any(other != first for other in others):
                words += " UNSTEADY"
            cells.append(words)
        table.add_row(name, *cells)
    out.print(table)


def prove_counting(bench: Bench) -> bool:
    """Burn a known time in candidates' cells and print how much of it each way's count sees."""
    seen = []
    for way in ways(bench.lab):
        n = way.workers
        without, _ = bench.grade(way, bench.cohort(n))
        burning, _ = bench.grade(way, bench.with_burning(n))
        seen.append((burning.cpu - without.cpu) / n)
        out.print(f"{way.name}: {BURN} s burnt a submission, {seen[-1]:.2f} s seen")
    return all(abs(s - BURN) < BURN / 5 for s in seen)


def time_ready(bench: Bench, times: int) -> bool:
    """Print how long a kernel takes that has the heavy libraries loaded."""
    bench.call(_again("--as-ready", str(times)), bench.folder)
    start, *seconds = json.loads(bench.said)
    median: float = statistics.median(seconds)
    words = "kept" if median < MOST_TO_READY else "NOT KEPT"
    out.print(
        f"kernel in the sandbox with pandas, scikit-learn, matplotlib and torch: ready in "
        f"{_spread(seconds)} s, n = {times}, under {MOST_TO_READY} s: {words}; "
        f"its template took {start:.1f} s"
    )
    return median < MOST_TO_READY


def repeat(bench: Bench, times: int) -> bool:
    """Grade the same submissions again and again, by both front ends; whether any score differs."""
    found: dict[str, list[Mapping[str, float | None]]] = defaultdict(list)
    for way in (ways(bench.lab)[2], ways(bench.lab)[-1]):
        _, scores = bench.grade(way, bench.cohort(DIFFERENT * (times // 2)))
        for candidate, graded in scores.items():
            found[candidate.partition("-")[2]].append(graded)
    unsteady = [name for name, (first, *others) in found.items() if any(o != first for o in others)]
    out.print(
        f"{len(found)} submissions, each graded {times // 2} times by nbgrader and as often by "
        f"regrade: {f'scores differ for {unsteady}' if unsteady else 'no score differs'}"
    )
    return not unsteady


def _again(*arguments: str) -> tuple[str, ...]:
    """The command line of this script in a process of its own."""
    return "python", str(Path(__file__).resolve()), *arguments


def main() -> None:
    """Read the arguments, measure, and leave nothing behind; status 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description="What grading a submission costs, measured.")
    parser.add_argument("--lab", default="junior-eda")
    parser.add_argument("--quick", action="store_true", help="one round only")
    parser.add_argument("--rounds", type=int, default=3, help="of every way in turn (3)")
    parser.add_argument("--steps", type=int, default=1, help="cohorts differ by 5 times this (1)")
    parser.add_argument("--repeat", action="store_true", help="only: do 20 gradings agree?")
    parser.add_argument("--prove", action="store_true", help="only: is all CPU time counted?")
    parser.add_argument("--as-floor", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--as-ready", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.as_floor:
        return run_floor(given.lab)
    if given.as_ready:
        return run_ready(given.as_ready)
    adopt()
    out.print(
        f"{given.lab}, Python {platform.python_version()}, {CORES} cores, "
        f"load average before {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            bench = Bench(Path(folder), given.lab)
            if given.prove:
                kept = prove_counting(bench)
            elif given.repeat:
                kept = repeat(bench, 20)
            else:
                kept = time_ready(bench, 5 if given.quick else 20)
                rounds = 1 if given.quick else given.rounds
                kept = compare_costs(bench, rounds=rounds, steps=given.steps) and kept
        finally:
            kill_all()
    sys.exit(not kept)


if __name__ == "__main__":
    main()
