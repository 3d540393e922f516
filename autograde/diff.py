"""What differs between two runs: whose result, by how much, in which task, and why.

Owns the comparison and its words as data. Owns no run (:mod:`autograde.runs`) and no page
(:mod:`autograde.report`).

Only points and verdicts count. Reasons may quote a ratio that was measured, and seconds always
differ.
"""

from collections import Counter
from typing import Literal

from autograde.runs import Job, Manifest, Run
from autograde.verdict import Record, Result, Status, Verdict

#: Why a result is another one. Only after the last two nobody knows which of the two is right.
Cause = Literal[
    "submission changed",
    "tests changed",
    "data changed",
    "autograde changed",
    "packages changed",
    "device changed",
    "sandbox changed",
    "grader error",
    "nondeterministic",
]
UNEXPLAINED: frozenset[Cause] = frozenset({"grader error", "nondeterministic"})


class Change(Record):
    """A check that said something else.

    Attributes
    ----------
    cell, task
        The check's grade id and its task.
    before, after
        Its verdicts in words, with points: None where a run had no such check.
    points
        Points won (positive) or lost; None if either is undecided.
    """

    cell: str
    task: str
    before: str | None
    after: str | None
    points: float | None


class Difference(Record):
    """A submission whose points or verdicts differ."""

    lab: str
    candidate: str
    before: float
    after: float
    possible: float
    causes: tuple[Cause, ...]
    changes: tuple[Change, ...]

    @property
    def points(self) -> float:
        """Points won (positive) or lost in all, of those that are decided."""
        return round(self.after - self.before, 6)

    @property
    def words(self) -> str:
        """The points before and after, and what that makes."""
        return f"{self.before:g} -> {self.after:g} of {self.possible:g} ({self.points:+g})"

    @property
    def unexplained(self) -> bool:
        """Whether nothing that was known to change explains it."""
        return not UNEXPLAINED.isdisjoint(self.causes)


class Diff(Record):
    """Two runs side by side.

    Attributes
    ----------
    old, new
        The runs' names.
    same
        How many submissions have the same points and verdicts in both.
    differences
        The others.
    only_old, only_new, ungraded
        Submissions that one run alone was about, and those of both that one has no result of.
    """

    old: str
    new: str
    same: int
    differences: tuple[Difference, ...]
    only_old: tuple[Job, ...]
    only_new: tuple[Job, ...]
    ungraded: tuple[Job, ...]

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """The differences that fail the command."""
        return tuple(one for one in self.differences if one.unexplained)

    @property
    def others(self) -> dict[str, tuple[Job, ...]]:
        """Submissions that cannot be compared, by why in words."""
        return {
            f"only in {self.old}": self.only_old,
            f"only in {self.new}": self.only_new,
            "without a result in one of the runs": self.ungraded,
        }

    @property
    def summary(self) -> str:
        """One line: how many are the same, and how many are not, by cause."""
        counts = Counter(cause for one in self.differences for cause in one.causes)
        reasons = ", ".join(f"{n} {cause}" for cause, n in counts.most_common())
        words = [f"{self.same} the same", f"{len(self.differences)} different"]
        words += [f"{len(jobs)} {why}" for why, jobs in self.others.items() if jobs]
        return ", ".join(words) + (f": {reasons}" if reasons else "")


def compare(old: Run, new: Run) -> Diff:
    """Compare two runs, one submission at a time."""
    mine, theirs = set(old.manifest.jobs), set(new.manifest.jobs)
    same, differences, ungraded = 0, [], []
    for job in new.manifest.jobs:
        if job not in mine:
            continue
        before, after = old.result(job), new.result(job)
        if before is None or after is None:
            ungraded.append(job)
        elif changes := _changes(before, after):
            differences.append(
                Difference(
                    lab=job.lab,
                    candidate=job.candidate,
                    before=before.score,
                    after=after.score,
                    possible=after.points,
                    causes=_causes(before, after, old.manifest, new.manifest),
                    changes=changes,
                )
            )
        else:
            same += 1
    return Diff(
        old=old.name,
        new=new.name,
        same=same,
        differences=tuple(differences),
        only_old=tuple(job for job in old.manifest.jobs if job not in theirs),
        only_new=tuple(job for job in new.manifest.jobs if job not in mine),
        ungraded=tuple(ungraded),
    )


def _changes(before: Result, after: Result) -> tuple[Change, ...]:
    old = {verdict.cell: verdict for verdict in before.verdicts}
    new = {verdict.cell: verdict for verdict in after.verdicts}
    tasks = {cell: verdict.task for cell, verdict in {**old, **new}.items()}
    return tuple(
        Change(
            cell=cell,
            task=task,
            before=_words(old.get(cell)),
            after=_words(new.get(cell)),
            points=_won(old.get(cell), new.get(cell)),
        )
        for cell, task in tasks.items()
        if _words(old.get(cell)) != _words(new.get(cell))
    )


def _words(verdict: Verdict | None) -> str | None:
    """All of a verdict that counts."""
    if verdict is None:
        return None
    score = "?" if verdict.score is None else f"{verdict.score:.10g}"
    return f"{verdict.status}, {score} of {verdict.points:g}"


def _won(before: Verdict | None, after: Verdict | None) -> float | None:
    scores = [verdict.score if verdict else 0.0 for verdict in (before, after)]
    return None if None in scores else round(float(scores[1] or 0) - float(scores[0] or 0), 6)


def _causes(before: Result, after: Result, old: Manifest, new: Manifest) -> tuple[Cause, ...]:
    a, b = before.hashes, after.hashes
    package = a.environment != b.environment
    known: dict[Cause, bool] = {
        "submission changed": a.submission != b.submission,
        "tests changed": a.tests != b.tests,
        "data changed": a.data != b.data,
        "autograde changed": package and old.code != new.code,
        "packages changed": package and old.code == new.code,
        "device changed": old.parameters.device != new.parameters.device,
        "sandbox changed": before.sandbox != after.sandbox,
    }
    found = tuple(cause for cause, holds in known.items() if holds)
    if any(v.status is Status.GRADER_ERROR for v in (*before.verdicts, *after.verdicts)):
        return (*found, "grader error")
    return found or ("nondeterministic",)
