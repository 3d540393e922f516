"""A candidate's scorecard for programs: the same as the page, as JSON with a schema.

Owns the form of that JSON and its version; another form is another version. What it says is
:mod:`autograde.scorecard`'s, and who writes it beside the page is :mod:`autograde.report`.

Like the page it is the hiring team's: it holds no traceback and no hidden test.
"""

import json
from typing import Any, Literal

from autograde.catalog import Level, Track
from autograde.scorecard import Card, Cohort, Competency, Item, Points, Standing
from autograde.verdict import Ending, Hashes, Record, Verdict

#: Raised when a reader of the old form could misread the new one.
VERSION: Literal[1] = 1


class Entry(Record):
    """One graded cell.

    Attributes
    ----------
    cell, part, competency
        Its grade id; the part of the task, and what its points speak for, if the lab says so.
    judged_by
        Whether a check runs, or a person reads it.
    verdict, reason
        In words.
    settled_by_a_person
        Whether a person's points stand for the check's.
    between
        Points that the noise of a measurement leaves possible.
    seconds, cpu_seconds
        Of a check.
    """

    cell: str
    part: str | None
    competency: str | None
    judged_by: Literal["check", "reader"]
    points: Points
    verdict: str
    reason: str
    settled_by_a_person: bool
    between: tuple[float, float] | None
    seconds: float | None
    cpu_seconds: float | None


class TaskSheet(Record):
    """A task and its graded cells."""

    id: str
    title: str
    verdict: str
    points: Points
    cells: tuple[Entry, ...]


class LabSheet(Record):
    """Which lab it was."""

    name: str
    title_ko: str
    title_en: str
    level: Level
    track: Track
    minutes: float


class Grading(Record):
    """How the points came about; ``origin`` is the run they were taken over from, or empty."""

    status: Ending
    note: str
    started: str
    seconds: float
    cpu_seconds: float
    sandbox: Literal["bubblewrap", "none"]
    hashes: Hashes
    origin: str


class Sheet(Record):
    """A candidate's scorecard."""

    version: Literal[1]
    lab: LabSheet
    candidate: str
    late_minutes: float
    automatic: Points
    readers: Points
    together: Points
    within_noise: float
    tasks: tuple[TaskSheet, ...]
    competencies: tuple[Competency, ...]
    standing: Standing | None
    tampering: tuple[str, ...]
    remarks: tuple[str, ...]
    outdated: tuple[str, ...]
    not_counted: dict[str, float]
    grading: Grading


def sheet(card: Card, cohort: Cohort) -> Sheet:
    """Put a scorecard into that form."""
    lab, result = card.lab, card.result
    return Sheet(
        version=VERSION,
        lab=LabSheet(
            name=lab.name,
            title_ko=lab.title.ko,
            title_en=lab.title.en,
            level=lab.level,
            track=lab.track,
            minutes=lab.minutes,
        ),
        candidate=card.name,
        late_minutes=card.late_minutes,
        automatic=card.automatic,
        readers=card.reading,
        together=card.together,
        within_noise=card.noisy,
        tasks=tuple(
            TaskSheet(
                id=task.id,
                title=task.title,
                verdict=task.word,
                points=task.points,
                cells=tuple(map(_entry, task.items)),
            )
            for task in card.tasks
        ),
        competencies=card.competencies,
        standing=cohort.standing(card),
        tampering=result.tampering,
        remarks=result.remarks,
        outdated=card.outdated,
        not_counted=card.strays,
        grading=Grading(
            status=result.status,
            note=result.note,
            started=result.started,
            seconds=result.wall,
            cpu_seconds=result.cpu,
            sandbox=result.sandbox,
            hashes=result.hashes,
            origin=result.origin,
        ),
    )


def schema() -> str:
    """JSON Schema (2020-12) of a :class:`Sheet`, as text."""
    described: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Sheet.model_json_schema(mode="serialization"),
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _entry(item: Item) -> Entry:
    source = item.source
    check = source if isinstance(source, Verdict) else None
    return Entry(
        cell=source.cell,
        part=source.part,
        competency=item.competency or None,
        judged_by="check" if check else "reader",
        points=item.points,
        verdict=item.word,
        reason=item.reason,
        settled_by_a_person=bool(item.settled),
        between=item.between,
        seconds=check.wall if check else None,
        cpu_seconds=check.cpu if check else None,
    )
