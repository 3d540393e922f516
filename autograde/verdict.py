"""What one check said about one submission, and what one grading said about all of them.

Owns the closed set of verdicts, the score rule for a test cell's value, and the record
(:class:`Result`) that goes into a run's folder, the gradebook and the scorecard. Owns no
running of code: that is :mod:`autograde.execute`.
"""

import math
import numbers
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from autograde.errors import GradingError


class Status(StrEnum):
    """The closed set of verdicts, in the order in which a task's worst one is chosen."""

    PASSED = "passed"
    PARTIAL = "partial"
    NOT_ATTEMPTED = "not attempted"
    WRONG = "wrong"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    SKIPPED = "skipped"
    GRADER_ERROR = "grader error"


class Record(BaseModel):
    """Base of the stored records: immutable, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(Record):
    """The outcome of one check cell.

    Attributes
    ----------
    cell, task, part
        The check's grade id, its task's id, and the part of the task (None: the whole of it).
    points, score
        Most points and points earned; ``score`` is None for a grader error, because a fault of
        ours is nobody's loss: a person has to decide.
    reason
        A sentence for the candidate. Never an expected value or a hidden test.
    detail
        For graders only: the traceback as the grader's side saw it.
    between
        Where the points rest on a measurement: those that its noise, as seen in the same grading,
        leaves possible (95 % of resamples). None where nothing varies.
    wall, cpu
        Seconds that the check took, and CPU seconds of the candidate's process meanwhile.
    """

    cell: str
    task: str
    part: str | None = None
    points: float
    score: float | None
    status: Status
    reason: str = ""
    detail: str = ""
    between: tuple[float, float] | None = None
    wall: float = 0.0
    cpu: float = 0.0


class Reading(Record):
    """A part that a person reads; the machine says only whether there is something to read."""

    cell: str
    task: str
    part: str | None = None
    points: float
    attempted: bool


class Hashes(Record):
    """What the verdicts depend on; equal hashes must give equal scores (sha256, hex).

    ``tests`` holds the lab's limits, too, ``data`` is of the files that the candidate was given,
    and ``environment`` holds this package's own code. Results from before 0.1 have no ``data``.
    """

    submission: str
    tests: str
    data: str = ""
    environment: str


#: How a grading ended as a whole.
Ending = Literal["graded", "unreadable", "grader error"]


class Result(Record):
    """One submission's grading: every verdict with its reason, and what it was made from.

    ``tampering`` says what was changed that was not the candidate's to change, ``remarks`` what was
    odd but harmless. ``status`` is "graded" when every check has a score, "unreadable" when the
    submission could not be read (every score is 0 and ``note`` says why) and "grader error" when a
    check or the machinery failed by a fault of ours. ``sandbox`` is "none" for a grading in which
    nothing confined the candidate's code (``--unsafe-no-sandbox``): its scores are what that code
    left of them. ``origin`` is the run that executed the submission if this result was taken over
    from it, because nothing had changed; "" if it was executed for this result.
    """

    lab: str
    candidate: str
    status: Ending
    note: str = ""
    verdicts: tuple[Verdict, ...]
    readings: tuple[Reading, ...] = ()
    tampering: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    started: str
    wall: float
    cpu: float
    hashes: Hashes
    sandbox: Literal["bubblewrap", "none"] = "none"
    origin: str = ""

    @property
    def score(self) -> float:
        """Points earned so far, without the parts that a person still has to read."""
        return total(v.score for v in self.verdicts)

    @property
    def points(self) -> float:
        """Most points that the automatic checks can give."""
        return total(v.points for v in self.verdicts)

    def by_task(self) -> dict[str, tuple[Verdict, ...]]:
        """Verdicts grouped by task, in the lab's order."""
        tasks: dict[str, tuple[Verdict, ...]] = {}
        for verdict in self.verdicts:
            tasks[verdict.task] = (*tasks.get(verdict.task, ()), verdict)
        return tasks


def total(scores: Iterable[float | None]) -> float:
    """Sum of the scores that exist, correctly rounded: 1.1 + 2.2 is 3.3, as an author expects."""
    return round(math.fsum(s for s in scores if s is not None), 6)


def points_for(value: object, points: float) -> float:
    """Points that a test cell's last value stands for.

    nbgrader's convention is kept where it is sound (no value: full points; a number: that many
    points) and closed where it fails open: ``False`` and ``nan`` are 0 here, a NumPy number is a
    number.

    Parameters
    ----------
    value
        The value of the cell's last expression, or None.
    points
        Most points of the cell.

    Returns
    -------
    float
        Between 0 and ``points``.

    Raises
    ------
    GradingError
        For a number outside [0, points]: only the author's formula can be the cause.
    """
    item = getattr(value, "item", None)
    if type(value).__module__ == "numpy" and callable(item) and getattr(value, "ndim", 1) == 0:
        value = item()  # np.float64(0.0) and np.False_ are what they look like
    if isinstance(value, bool):
        return points if value else 0.0
    if not isinstance(value, numbers.Number):
        return points
    try:
        # Number's type promises no float; what has none, such as a complex number, ends below.
        number = float(value)  # type: ignore[arg-type]
    except (OverflowError, TypeError, ValueError) as error:
        outside = f"outside [0, {points:g}] or no number of points"
        raise GradingError(f"the check's value is {outside}: {error}") from error
    if math.isnan(number):
        return 0.0
    # A sum of weights such as 1.1 + 2.2 may pass 3.3 by a rounding error.
    if number < -1e-9 or number > points * (1 + 1e-9) + 1e-9:
        raise GradingError(f"the check's value is {number!r}, outside [0, {points:g}]")
    return min(round(max(number, 0.0), 2), points)


def worst(verdicts: Iterable[Verdict]) -> Status:
    """One word for a task with several parts: "passed" only if all are, else the gravest.

    A task of which some part earned points is "partial", unless a part is a grader error.
    """
    listed = list(verdicts)
    statuses = {v.status for v in listed}
    if Status.GRADER_ERROR in statuses:
        return Status.GRADER_ERROR
    if len(statuses) == 1:
        return statuses.pop()
    if any(v.score for v in listed):
        return Status.PARTIAL
    return max(statuses, key=list(Status).index)
