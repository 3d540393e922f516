"""A whole cohort end to end: throughput against vanilla nbgrader, scaling, the driver, and kills.

Owns the cohort, what is asked of a regrade as a whole, and the words for it. Owns no counting
(:mod:`spending`) and no costs of a single submission (:mod:`grading`).

The cohort is of all labs: right answers, the blank lab, wrong answers that keep some points, and
hostile ones, which replace what checks are made of, never end, end the kernel, or print without
measure. Four questions, each of which can be asked alone:

vanilla
    The junior part by ``nbgrader autograde`` with nbgrader's own steps, and by ``autograde
    regrade`` with a worker a core. Beside the two throughputs stands the most that any grader could
    reach which still runs the candidates' code: the CPU time of that code alone, on all cores.
scaling
    The whole cohort with one worker and with one a core: two full regrades, which must not differ.
driver
    CPU time of the driver for one more submission, and its memory, at 60 and at 600 submissions of
    the blank lab, which has all that the driver has to do with any.
kills
    Something is killed at a random moment, some seconds after a random number of results: the
    driver, a grader, Ray's node (raylet), its head (GCS), everything at once. Whatever has not
    ended by itself is resumed, and the results must be those of the undisturbed run, with nothing
    graded twice that was done.
"""

import argparse
import contextlib
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
from rich.table import Table
from spending import CORES, REPOSITORY, Spent, Surroundings, adopt, err, kill_all, out

from autograde import answers, catalog, diff, runs
from autograde.answers import Answer, Header
from autograde.runs import Run

#: Submissions of a lab of each level among 60: those of the others take a minute or two each.
OF_LEVEL = {"junior": 17, "mid": 4, "senior": 5}
#: What is asked for against vanilla nbgrader on junior labs.
LEAST_TO_VANILLA = 8.0
#: By how much the driver's memory may grow from 60 to 600 submissions, in MiB. If it kept their
#: results, that would be 13, and with the notebooks 90.
MOST_GROWTH = 8.0
SEED = 20_261_129
#: A cell before the candidate's first: what it tries, and its text.
HOSTILE = {
    "replaces": """
import builtins, numpy, pandas, unittest
always = lambda *_, **__: None
pandas.testing.assert_frame_equal = pandas.testing.assert_series_equal = always
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = always
builtins.isinstance = lambda *_: True
unittest.TestCase.assertEqual = always
""",
    "never_ends": "while True:\n    pass",
    "ends_the_kernel": "import os\nos._exit(0)",
    "prints": "for _ in range(1000):\n    print('x' * 50_000)",
}
#: Names of processes, as the kill trials find them in the driver's family.
VICTIMS = ("driver", "ray::Grader", "raylet", "gcs_server", "everything")


class Bench(Surroundings):
    """The temporary folder with a course of ours in which the cohort has been handed in."""

    def __init__(self, folder: Path, labs: Sequence[str], share: float) -> None:
        super().__init__(folder)
        self.labs = labs
        self.ours, self.course = folder / "ours", folder / "ours" / "course"
        self.make_ours(self.ours, labs)
        self.releases = {lab: catalog.release(lab, self.ours) for lab in labs}
        for lab in labs:
            n = max(4, round(share * OF_LEVEL[self.releases[lab].lab.level]))
            self.hand_in(lab, cohort(self.releases[lab], n))

    def hand_in(self, lab: str, listed: Mapping[str, Answer | None]) -> None:
        """Put answers where submissions are."""
        for name, answer in listed.items():
            folder = self.course / "submitted" / name / lab
            folder.mkdir(parents=True)
            text = answers.notebook(self.releases[lab], answer)
            (folder / f"{lab}.ipynb").write_bytes(text)

    def of(self, level: str) -> list[str]:
        """The labs of a level."""
        return [lab for lab in self.labs if self.releases[lab].lab.level == level]

    def regrade(self, *options: str, may_fail: bool = False) -> tuple[Spent, Run]:
        """Begin a run of everything that was handed in, or go on with one; and what it cost."""
        spent = self.call(["autograde", "regrade", *options], self.ours, may_fail=may_fail)
        return spent, runs.newest_first(self.course)[0]


def cohort(release: catalog.Release, n: int) -> dict[str, Answer | None]:
    """``n`` submissions of a lab by candidate.

    A quarter are right and a quarter hostile, if there are as many; one is blank, the others wrong.
    """
    listed = answers.load(release.name, REPOSITORY, release)
    reference = Answer("reference", Header(kind="right", about=""), {}, {})
    right = [reference, *(a for a in listed if a.header.kind == "right")][: n // 4]
    wrong = [a for a in listed if a.header.kind == "wrong"]
    hostile = [
        replace(reference, name=f"hostile_{name}", extras={None: [text.strip()]})
        for name, text in HOSTILE.items()
    ][: n // 4]
    rest = n - len(right) - len(hostile) - 1
    chosen = random.Random(SEED).sample(wrong, rest)
    found = {answer.name: answer for answer in (*right, *chosen, *hostile)}
    return {**found, "blank": None}


# -- what is measured ------------------------------------------------------------------------------


def against_vanilla(bench: Bench) -> bool:
    """Grade the junior part both ways and print the throughputs; whether ours is high enough."""
    junior = bench.of("junior")
    vanilla = bench.folder / "vanilla"
    bench.make_vanilla(vanilla, bench.ours, junior)
    n = 0
    for lab in junior:
        for folder in sorted(bench.course.glob(f"submitted/*/{lab}")):
            shutil.copytree(folder, vanilla / "submitted" / folder.parent.name / lab)
            n += 1
    theirs = [
        # It fails when one of its kernels has died; what it has graded is graded.
        bench.call(["nbgrader", "autograde", lab], vanilla, may_fail=True)
        for lab in junior
    ]
    wall, cpu = sum(one.wall for one in theirs), sum(one.cpu for one in theirs)
    err.print(f"vanilla: {n} submissions in {wall:.0f} s")
    named = [f"--lab={lab}" for lab in junior]
    ours, run = bench.regrade("--fresh", f"--workers={CORES}", *named)
    results = list(run.results())
    inside = sum(r.cpu for r in results)
    table = Table(title=f"{n} submissions of {', '.join(junior)}", title_justify="left")
    for column in ("", "wall s", "a minute", "CPU s a submission", "to vanilla"):
        table.add_column(column)
    rows = {
        "vanilla nbgrader": (wall, cpu),
        f"regrade, {CORES} workers": (ours.wall, max(ours.cpu + inside, ours.seen)),
        f"candidates' code alone, {CORES} cores": (inside / CORES, inside),
    }
    for name, (seconds, spent) in rows.items():
        rate = f"{60 * n / seconds:.1f}"
        table.add_row(name, f"{seconds:.0f}", rate, f"{spent / n:.2f}", f"{wall / seconds:.2f}")
    out.print(table)
    by_lab = Table(title="and by lab", title_justify="left")
    for column in ("", "vanilla: wall s", "candidates' code: CPU s", "at most to vanilla"):
        by_lab.add_column(column)
    for lab, one in zip(junior, theirs, strict=True):
        own = sum(r.cpu for r in results if r.lab == lab)
        by_lab.add_row(lab, f"{one.wall:.0f}", f"{own:.0f}", f"{CORES * one.wall / own:.2f}")
    out.print(by_lab)
    kept = wall / ours.wall >= LEAST_TO_VANILLA
    words = "kept" if kept else "NOT KEPT"
    out.print(f"throughput: {wall / ours.wall:.2f} of vanilla's, {LEAST_TO_VANILLA:g}: {words}")
    return kept


def scaling(bench: Bench) -> bool:
    """Regrade the cohort with one worker and with all; whether the two runs are the same."""
    table = Table(title="the whole cohort", title_justify="left")
    for column in ("workers", "submissions", "wall s", "a minute", "CPU s a submission", "speed"):
        table.add_column(column)
    made: list[tuple[Spent, Run]] = []
    for workers in sorted({1, CORES}):
        spent, run = bench.regrade("--fresh", f"--workers={workers}")
        results = list(run.results())
        n, inside = len(results), sum(r.cpu for r in results)
        made.append((spent, run))
        cpu = max(spent.cpu + inside, spent.seen) / n
        faster = made[0][0].wall / spent.wall
        rate = f"{60 * n / spent.wall:.2f}"
        row = (f"{workers}", f"{n}", f"{spent.wall:.0f}", rate, f"{cpu:.1f}", f"{faster:.2f}")
        table.add_row(*row)
        err.print(f"{workers} workers: {n} submissions in {spent.wall:.0f} s")
    out.print(table)
    return same(made[0][1], made[-1][1])


def same(old: Run, new: Run) -> bool:
    """Compare two runs and print what differs; whether nothing does."""
    found = diff.compare(old, new)
    out.print(f"diff of {old.name} and {new.name}: {found.summary}")
    for one in found.differences:
        for change in one.changes:
            out.print(f"  {one.candidate} {change.cell}: {change.before} -> {change.after}")
    return found.same == len(new.manifest.jobs)


def driver(bench: Bench) -> bool:
    """Regrade few and many submissions; print what the driver itself takes for one more."""
    lab = bench.of("junior")[0]
    spent = {}
    for n in (60, 600):
        root = bench.folder / f"driver{n}"
        shutil.copytree(bench.ours, root, ignore=shutil.ignore_patterns("submitted", "runs"))
        blank = answers.notebook(bench.releases[lab], None)
        for number in range(n):
            folder = root / "course" / "submitted" / f"c{number:03}" / lab
            folder.mkdir(parents=True)
            (folder / f"{lab}.ipynb").write_bytes(blank)
        spent[n] = bench.call(["autograde", "regrade", f"--lab={lab}"], root)
        out.print(
            f"driver, {n} submissions: CPU {spent[n].own_cpu:.2f} s, at most "
            f"{spent[n].own_mib:.1f} MiB, {spent[n].wall:.0f} s"
        )
        shutil.rmtree(root)
    more = 1000 * (spent[600].own_cpu - spent[60].own_cpu) / 540
    growth = spent[600].own_mib - spent[60].own_mib
    kept = growth <= MOST_GROWTH
    out.print(
        f"one more submission costs the driver {more:.1f} ms of CPU time; 540 more cost it "
        f"{growth:.1f} MiB, at most {MOST_GROWTH:g}: {'kept' if kept else 'NOT KEPT'}"
    )
    return kept


def kills(bench: Bench, trials: int) -> bool:
    """Kill something at a random moment, go on, and compare; whether all results are the same."""
    lab = bench.of("junior")[0]
    options = ("--fresh", f"--workers={CORES}", f"--lab={lab}")
    _, undisturbed = bench.regrade(*options)
    draw = random.Random(SEED)
    kept = []
    for trial in range(trials):
        victim = VICTIMS[trial % len(VICTIMS)]
        wanted, wait = draw.randrange(len(undisturbed.manifest.jobs) - 1), draw.uniform(0, 4)
        process = bench.start(["autograde", "regrade", *options], bench.ours)
        run = before = runs.newest_first(bench.course)[0]
        while run.name == before.name or len(dict(_written(run))) < wanted:
            if process.poll() is not None:
                sys.exit(f"the regrade ended before it could be killed:\n{bench.said[-2000:]}")
            time.sleep(0.1)
            run = runs.newest_first(bench.course)[0]
        time.sleep(wait)
        while not (hit := _kill(victim, process.pid)) and process.poll() is None:
            time.sleep(0.1)  # Ray has not started it yet
        begun = time.monotonic()
        process.wait(600)
        ended = time.monotonic() - begun
        written = dict(_written(run))
        resumed = 0
        while not all(map(run.done, run.manifest.jobs)) and resumed < 5:
            resumed += 1
            bench.regrade(f"--resume={run.name}", f"--workers={CORES}", may_fail=True)
        out.print(
            f"trial {trial + 1}: {victim} ({hit} processes) killed {wait:.1f} s after {wanted} of "
            f"{len(run.manifest.jobs)} results; the driver ended {ended:.0f} s later with "
            f"{process.returncode} and {len(written)} results, resumed {resumed} times"
        )
        untouched = all(dict(_written(run))[path] == when for path, when in written.items())
        if not untouched:
            out.print("  something that was done has been graded again")
        kept.append(untouched and same(undisturbed, run))
    return all(kept)


def _written(run: Run) -> Iterator[tuple[Path, int]]:
    for path in run.folder.rglob("result.json"):
        yield path, path.stat().st_mtime_ns


def _kill(victim: str, driver: int) -> int:
    """Kill what is meant among a driver and its family; how many processes that were."""
    process = psutil.Process(driver)
    family = process.children(recursive=True)
    if victim == "driver":
        chosen = [process]
    elif victim == "everything":
        chosen = [process, *family]
    else:
        chosen = [one for one in family if victim in _title(one)][:1]
    for one in chosen:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    return len(chosen)


def _title(process: psutil.Process) -> str:
    line: list[str] = process.as_dict(["cmdline"], ad_value=[])["cmdline"]
    return line[0] if line else ""


def main() -> None:
    """Read the arguments, measure, and leave nothing behind; status 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    asked = ("vanilla", "scaling", "driver", "kills")
    parser.add_argument("question", nargs="*", help=f"of {', '.join(asked)}; default: all")
    parser.add_argument("--share", type=float, default=1.0, help="of the cohort of 60 (1)")
    parser.add_argument("--trials", type=int, default=5, help="of kills (5)")
    given = parser.parse_args()
    if unknown := set(given.question) - set(asked):
        parser.error(f"no question called {', '.join(sorted(unknown))}")
    adopt()
    labs = catalog.names(REPOSITORY)
    out.print(
        f"Python {platform.python_version()}, {CORES} cores, "
        f"load average before {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            bench = Bench(Path(folder), labs, given.share)
            kept = []
            for question in given.question or asked:
                if question == "kills":
                    kept.append(kills(bench, given.trials))
                else:
                    ask = {"vanilla": against_vanilla, "scaling": scaling, "driver": driver}
                    kept.append(ask[question](bench))
        finally:
            kill_all()
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
