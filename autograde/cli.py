"""The command line: ``autograde COMMAND``, a function of its name each.

Owns arguments, progress display and exit codes; every command is a few calls into one module.
Exit codes: 0 all is well, 1 something was found (a grader error, an audit that fails), 2 the
command cannot be carried out as given.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from autograde import catalog

if TYPE_CHECKING:
    from autograde.audit import Audit, MutantTrial
    from autograde.runs import Run
    from autograde.verdict import Result
from autograde.errors import AutogradeError, LabError, UsageError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Labs = Annotated[list[str] | None, typer.Argument(metavar="[LAB…]", help="Default: all labs.")]
LabOption = Annotated[list[str] | None, typer.Option("--lab", help="Default: all labs.")]
Workers = Annotated[int, typer.Option(min=1, help="Gradings at a time.")]
Unsafe = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-sandbox",
        help="Run candidates' code with the rights of this account. Every result says so.",
    ),
]
CORES = os.cpu_count() or 1


def _chosen(labs: list[str] | None, root: Path) -> list[str]:
    known = catalog.names(root)
    unknown = sorted(set(labs or ()) - set(known))
    if unknown:
        raise UsageError(f"no lab called {', '.join(unknown)}; there are: {', '.join(known)}")
    return labs or known


@app.command()
def build(labs: Labs = None) -> None:
    """Build labs/ from solutions/: what a candidate gets, from what an author edits."""
    from autograde import build as builder

    root = catalog.root()
    for lab in _chosen(labs, root):
        out.print(str(builder.build_lab(lab, root)))


@app.command()
def sample(labs: Labs = None) -> None:
    """Hand in a sample cohort made of the labs' answers, under course/submitted/."""
    from autograde import answers
    from autograde.results import write_atomically

    root = catalog.root()
    for lab in _chosen(labs, root):
        release = catalog.release(lab, root)
        listed = answers.load(lab, root, release)
        cohort = answers.cohort(listed)
        for candidate, answer in cohort.items():
            path = root / "course" / "submitted" / candidate / lab / f"{lab}.ipynb"
            write_atomically(path, answers.notebook(release, answer).decode())
        out.print(f"{lab}: {len(cohort)} submissions under course/submitted/: {', '.join(cohort)}")


@app.command()
def assign(
    candidate: str,
    track: Annotated[catalog.Level | None, typer.Option(help="All labs of this level.")] = None,
    lab: Annotated[list[str] | None, typer.Option(help="This lab; may be said again.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the data. Default: drawn; 0: those in labs/.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, help="From now until it is to be handed in.")
    ] = None,
    exchange: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="nbgrader's exchange on the candidate's machine, for its Submit."
        ),
    ] = None,
) -> None:
    """Make what one candidate gets: a zip with notebooks, data of their own and how to hand in."""
    from autograde import assignment

    root = catalog.root()
    if (track is None) == (not lab):
        raise UsageError("say --track junior, mid or senior, or one --lab or more")
    chosen = _chosen(lab, root)
    if track:
        chosen = [name for name in chosen if catalog.load(name, root).level == track]
        if not chosen:
            raise UsageError(f"there is no lab of the level {track}")
    made, bundle = assignment.assign(
        candidate, chosen, root, seed=seed, minutes=minutes, exchange=exchange
    )
    out.print(f"{candidate}: {', '.join(chosen)}" + (f", due {made.due}" if made.due else ""))
    out.print(f"send: {_shown(bundle, root)}", markup=False)


@app.command()
def collect(
    sources: Annotated[list[Path], typer.Argument(metavar="ZIP|FOLDER…")],
    came: Annotated[
        datetime | None,
        typer.Option(help="When they came, in this machine's zone. Default: the files' own times."),
    ] = None,
) -> None:
    """Take work back into course/submitted/, and say of each file what became of it.

    Exit code 1 if one was refused.
    """
    from autograde import collect as collector

    found = collector.collect(sources, catalog.root(), came.astimezone() if came else None)
    for line in collector.said(found):
        out.print(line, markup=False)
    if any(one.refused for one in found):
        raise typer.Exit(1)


@app.command()
def grade(
    sources: Annotated[list[Path] | None, typer.Argument(metavar="[ZIP|FOLDER…]")] = None,
    workers: Workers = CORES,
) -> None:
    """The whole evening: collect, grade what is new, report, and say what needs a reader.

    Exit code 1 if something was refused, or a check failed by a fault of ours.
    """
    from autograde import gradebook, results, scorecard

    root = catalog.root()
    course = root / "course"
    failed = False
    for step in (
        partial(collect, sources or [], None),
        partial(regrade, workers=workers, commit=True),
        report,
    ):
        try:
            step()
        except typer.Exit as stop:
            if stop.exit_code != 1:
                raise
            failed = True  # the others' work goes on
        except AutogradeError as error:
            err.print(str(error), markup=False)
            failed = True
    waiting = []
    for name in catalog.names(root):
        lab = catalog.load(name, root)
        _, manual = gradebook.readers_scores(gradebook.url(course), name)
        found = results.load(course, name)
        cards = [scorecard.Card(lab, one, manual.get(one.candidate, {})) for one in found]
        waiting += scorecard.to_read(cards)
    if waiting:
        out.print(f"{len(waiting)} answers wait for a reader (jupyter lab, Nbgrader, Formgrader):")
        for line in waiting:
            out.print(f"  {line}", markup=False)
    if failed:
        raise typer.Exit(1)


@app.command()
def regrade(
    lab: LabOption = None,
    candidate: Annotated[
        list[str] | None, typer.Option(help="Default: all who handed something in.")
    ] = None,
    workers: Workers = CORES,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster, such as ray://head:10001. Default: here.")
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"] | None,
        typer.Option(help="Where labs that have a `device` compute. Default: as the lab says."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Execute also what an earlier run had the same.")
    ] = False,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped.")
    ] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Write the run into the gradebook when it has ended.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL",
            help="Fetch <candidate>/<lab>/<lab>.ipynb from a place in an object store first: "
            "s3://…, gs://…, abs://…",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="Copy the run to such a place as it goes on."),
    ] = None,
    unsafe: Unsafe = False,
) -> None:
    """Grade every submission again, headless: papermill on Ray. A run's folder has what came out.

    Whatever stops it, --resume goes on where it was. Without --commit no standing result changes.
    """
    from autograde import regrade as regrader
    from autograde import runs, storage
    from autograde.doctor import require_sandbox

    if target is not None:
        storage.checked(target)  # before anything is begun
    root = catalog.root()
    course = root / "course"
    if resume is not None:
        if lab or candidate or device or fresh or source or unsafe:
            raise UsageError(
                "--resume goes on with what the run was begun with: leave out --lab, --candidate, "
                "--device, --fresh, --from and --unsafe-no-sandbox"
            )
        run = runs.load(course, resume)
        releases = {name: catalog.release(name, root) for name in run.manifest.labs}
        runs.require_unchanged(run, releases)
        unsafe = not run.manifest.parameters.sandboxed
    if not unsafe and address is None:  # elsewhere, each worker says it for itself
        require_sandbox()
    if resume is None:
        labs = _chosen(lab, root)
        if source is not None:
            fetched = storage.fetch(source, course, labs, candidate or [])
            for words in fetched.left_out:
                err.print(f"left out: {words}", markup=False)
            out.print(f"notebooks fetched: {fetched.new}, here already: {fetched.unchanged}")
        jobs = regrader.find(course, labs, candidate or [])
        releases = {name: catalog.release(name, root) for name in {job.lab for job in jobs}}
        parameters = runs.Parameters(device=device, sandboxed=not unsafe, fresh=fresh)
        run = runs.begin(course, jobs, releases, parameters)
    out.print(f"run {run.name} (if it is stopped: autograde regrade --resume {run.name})")
    try:
        ended = regrader.grade(run, releases, course, workers=workers, address=address)
        faulty = _watch(storage.copied(ended, run, target) if target else ended, run)
    except KeyboardInterrupt:
        err.print(f"stopped; go on with: autograde regrade --resume {run.name}", markup=False)
        raise typer.Exit(130) from None
    out.print(f"{len(run.manifest.jobs)} graded: {_shown(run.folder, root)}", markup=False)
    if commit:
        runs.commit(course, run)
        out.print("written into the gradebook")
    for result in faulty:
        for verdict in result.verdicts:
            if verdict.score is None:
                err.print(
                    f"grader error: {result.candidate} {verdict.cell}\n{verdict.detail}",
                    markup=False,
                )
    if faulty:
        raise typer.Exit(1)


def _watch(ended: Iterator["Result"], run: "Run") -> list["Result"]:
    """Show results as they come; those with a grader error are returned."""
    faulty = [r for r in run.results() if r.status == "grader error"]
    before, total = sum(map(run.done, run.manifest.jobs)), len(run.manifest.jobs)
    begun, taken = time.monotonic(), 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
    )
    # Where nobody watches, each line says how far it is instead.
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        bar = progress.add_task(run.name, total=total, completed=before, said="")
        for count, result in enumerate(ended, start=before + 1):
            words = f"{result.lab} {result.candidate}: {result.score:g} of {result.points:g}"
            if result.status != "graded":
                words += f" ({result.status})"
            if result.origin:
                words += f" (as in {result.origin})"
                taken += 1
            if result.status == "grader error":
                faulty.append(result)
            executed = count - before - taken
            rate = executed / (time.monotonic() - begun)
            said = f"{60 * rate:.1f}/min"
            if executed:
                said += f", {timedelta(seconds=round((total - count) / rate))} left"
            if faulty:
                said += f", {len(faulty)} grader errors"
            if not out.is_terminal:
                words = f"{count}/{total} {words} [{said}]"
            progress.console.print(words, markup=False)
            progress.update(bar, completed=count, said=said)
    return faulty


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="RUN")],
    new: Annotated[str, typer.Argument(metavar="RUN")],
    html: Annotated[Path | None, typer.Option(help="Write a page, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Say whose result differs between two runs, by how much, in which task, and why.

    Exit code 1 if nothing that changed explains a difference.
    """
    from autograde import diff as differ
    from autograde import report as reporter
    from autograde import runs

    course = catalog.root() / "course"
    found = differ.compare(runs.load(course, old), runs.load(course, new))
    if html:
        reporter.write_diff(found, html)
    if as_json:
        print(found.model_dump_json(indent=1))
    else:
        for one in found.differences:
            out.print(Text(f"{one.candidate} {one.lab}: {one.words} ({', '.join(one.causes)})"))
            for change in one.changes:
                out.print(Text(f"  {change.cell}: {change.before or '-'} -> {change.after or '-'}"))
        for words, jobs in found.others.items():
            for job in jobs:
                out.print(Text(f"{job.candidate} {job.lab}: {words}"))
        out.print(Text(found.summary))
    if found.unexplained:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say whether this host can confine candidates' code, what is missing, what varies times."""
    from autograde import doctor as examiner

    findings = examiner.examine()
    out.print(examiner.report(findings), markup=False)
    if not examiner.possible(findings):
        raise typer.Exit(1)


@app.command()
def report(lab: LabOption = None) -> None:
    """Write the scorecards: one HTML page a candidate and one for the cohort."""
    from autograde import collect as collector
    from autograde import gradebook, results
    from autograde import report as reporter

    root = catalog.root()
    course = root / "course"
    for name in _chosen(lab, root):
        found = results.load(course, name)
        late = {one.candidate: collector.late(course, one.candidate, name) for one in found}
        known, manual = gradebook.readers_scores(gradebook.url(course), name)
        missing = sorted(known - {result.candidate for result in found})
        if not found and not missing:
            out.print(f"{name}: nothing graded yet")
            continue
        cards = reporter.write(
            catalog.load(name, root), found, course / "scorecards" / name, manual, missing, late
        )
        out.print(
            f"{name}: {len(cards.candidates)} scorecards, cohort: {_shown(cards.cohort, root)}"
        )


@app.command()
def audit(
    labs: Labs = None,
    sample: Annotated[
        int | None,
        typer.Option(min=0, help="Wrong answers of a lab, and mutants, to grade. Default: all."),
    ] = None,
    workers: Workers = CORES,
    unsafe: Unsafe = False,
) -> None:
    """Grade reference, answers, blank and mutants, and print the error rate of a lab's checks.

    A sample holds all right answers; it is another one whenever something of the lab has changed.
    """
    from autograde import answers
    from autograde import audit as auditor
    from autograde import build as builder
    from autograde import mutants as mutator
    from autograde.doctor import require_sandbox

    if not unsafe:
        require_sandbox()
    root = catalog.root()
    clean = True
    for lab in _chosen(labs, root):
        builder.build_lab(lab, root)  # an audit of yesterday's checks would say nothing
        release = catalog.release(lab, root)
        every = answers.load(lab, root, release)
        wrong = [answer for answer in every if answer.header.kind == "wrong"]
        skipped = auditor.left_out(wrong, sample, release.tests_hash)
        listed = [answer for answer in every if answer not in skipped]
        with Progress(console=out, transient=True) as progress:
            bar = progress.add_task(lab, total=len(listed) + 2)
            found = auditor.Audit(lab, ())
            for trial in auditor.trials(release, listed, workers=workers, sandboxed=not unsafe):
                found = auditor.Audit(lab, (*found.trials, trial))
                progress.advance(bar)
        _print_card(found, len(wrong))
        clean = clean and found.clean
        made = mutator.make(release, mutator.load(lab, root))
        unused = auditor.left_out(made, sample, release.tests_hash)
        chosen = [mutant for mutant in made if mutant not in unused]
        tried = []
        with Progress(console=out, transient=True) as progress:
            bar = progress.add_task(f"{lab}, mutants", total=len(chosen))
            for one in auditor.mutant_trials(
                release, chosen, workers=workers, sandboxed=not unsafe
            ):
                tried.append(one)
                progress.advance(bar)
        _print_mutants(tried, len(made))
        clean = clean and not any(one.fault for one in tried)
    if not clean:
        raise typer.Exit(1)


def _print_card(found: "Audit", wrong_ones: int) -> None:
    from autograde.audit import wilson

    table = Table(title=f"audit of {found.lab}", title_justify="left")
    for column in ("answer", "kind", "points", "lost", "as it should"):
        table.add_column(column)
    for trial in found.trials:
        table.add_row(
            trial.name,
            trial.kind,
            f"{trial.result.score:g}/{trial.result.points:g}",
            ", ".join(sorted(trial.lost)) if trial.kind != "blank" else "all",
            trial.fault or "yes",
        )
    out.print(table)
    wrong, right = found.of("wrong"), found.of("right")
    sampled = f" graded ({wrong_ones} written)" if len(wrong) < wrong_ones else ""
    for words, hits, n, note in (
        ("wrong answers caught", found.caught, len(wrong), sampled),
        ("right answers failed", found.failed, len(right), ""),
    ):
        low, high = wilson(hits, n)
        rate = f"{hits / n:.0%}" if n else "not measured"
        out.print(f"{words}: {hits} of {n}{note}, {rate} (95 % interval {low:.0%} to {high:.0%})")
    for trial in found.of("blank"):
        out.print(
            f"blank lab: {trial.result.score:g} points, every task 'not attempted'"
            if not trial.fault
            else f"blank lab: {trial.fault}"
        )
    for trial in found.trials:
        if trial.fault:
            err.print(f"{trial.name}: {trial.fault}", style="bold red", markup=False)
            for v in trial.result.verdicts:
                if v.score is None or v.score < v.points:
                    err.print(f"  {v.cell}: {v.status}: {v.reason}\n{v.detail}", markup=False)


def _print_mutants(tried: list["MutantTrial"], made: int) -> None:
    from autograde.audit import wilson

    killed = sum(one.killed for one in tried)
    explained = sum(one.mutant.explained is not None and not one.killed for one in tried)
    low, high = wilson(killed, len(tried))
    rate = f"{killed / len(tried):.0%}" if tried else "not measured"
    out.print(
        f"mutants noticed: {killed} of {len(tried)} graded ({made} made), {rate} (95 % interval "
        f"{low:.0%} to {high:.0%}); explained: {explained}"
    )
    for one in tried:
        if one.fault:
            mutant = one.mutant
            err.print(f"mutant of {mutant.cell}: {one.fault}", style="bold red", markup=False)
            err.print(f"  - {mutant.was}\n  + {mutant.becomes}", markup=False)
            for v in one.result.verdicts:
                if v.score is None:
                    err.print(f"  {v.cell}: {v.reason}\n{v.detail}", markup=False)


@app.command()
def review(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder, or a git checkout.")],
    seconds: Annotated[float, typer.Option(min=1, help="For the project's own tests.")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Hold a project against the guide's checklist: seven criteria, each with its evidence.

    Nothing in the folder is believed or executed here; its tests run in the sandbox.
    """
    import json

    from autograde import review as reviewer

    found = reviewer.review(path, seconds=seconds)
    if as_json:
        print(json.dumps(found.plain(), indent=2))
        return
    colours = {"met": "green", "not met": "red", "not measured": "yellow"}
    # As Text, in which a project's brackets and colons are no markup and no pictures.
    out.print(Text(f"review of {found.path}"))
    for one in found.criteria:
        out.print(Text.assemble((f"{one.status:<14}", colours[one.status]), one.name))
        for line in (*one.evidence, f"rule: {one.rule}"):
            out.print(Text(f"{'':14}{line}"))
    for remark in found.remarks:
        out.print(Text(remark))
    counts = ", ".join(f"{found.count(status)} {status}" for status in reviewer.STATUSES)
    out.print(Text(f"{len(found.criteria)} criteria: {counts}"))


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def main() -> None:
    """Run the command line; errors that have a remedy are one line, not a traceback."""
    try:
        app()
    except (UsageError, LabError) as error:
        err.print(f"autograde: {error}", markup=False)
        sys.exit(2)
    except AutogradeError as error:
        err.print(f"autograde: {error}", markup=False)
        sys.exit(1)
    except Exception as error:  # what it was comes first: a log may be cut
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
        err.print(f"autograde: a fault of its own, which should be reported: {what}", markup=False)
        raise
