"""What the scorecards of a lab say, as data.

Owns how verdicts, readings and a person's points are put together for one candidate (:class:`Card`)
and for all of them (:class:`Cohort`), and the words for it. Owns no score: each number is a
standing result's own, or one that a reader put into the gradebook. Points that nobody has decided
yet (a text to be read, a grader error) stay open or make a range, and are never 0. How a page
looks, and that its hostile text is harmless there, belongs to :mod:`autograde.report`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median

from autograde import catalog, items
from autograde.verdict import Reading, Result, Status, Verdict, total, worst

Manual = Mapping[str, float | None]

WAITS, READ, NOTHING = "waits for a reader", "read", "nothing written"
_LONGEST = 10_000


def number(value: float) -> str:
    """Points with at most two decimals, and no more than they need."""
    return f"{round(value, 2):.10g}"


def percent(share: float) -> str:
    """Write a share as a whole percentage; only all is 100 % and only nothing is 0 %."""
    whole = round(100 * share)
    return f"{whole if share in (0, 1) else min(max(whole, 1), 99)} %"


# -- one candidate ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Points:
    """Points earned of points possible, of which some may be open.

    Attributes
    ----------
    undecided
        Points open because of a grader error.
    waiting
        Points open because nobody has read the answer yet.
    """

    earned: float
    possible: float
    undecided: float = 0.0
    waiting: float = 0.0

    def __str__(self) -> str:
        """``7.5 of 10``, ``7.5 to 9.5 of 10`` if some are open, ``? of 10`` if all are."""
        still = total([self.undecided, self.waiting])
        if still and still == self.possible:
            return f"? of {number(self.possible)}"
        most = f" to {number(self.earned + still)}" if still else ""
        return f"{number(self.earned)}{most} of {number(self.possible)}"


def add(points: Iterable[Points]) -> Points:
    """Sum of points, open ones apart."""
    listed = list(points)
    return Points(
        total(p.earned for p in listed),
        total(p.possible for p in listed),
        total(p.undecided for p in listed),
        total(p.waiting for p in listed),
    )


@dataclass(frozen=True)
class Item:
    """One graded cell: a check's verdict or an answer to be read, and what a person gave for it."""

    source: Verdict | Reading
    given: float | None
    competency: str = ""

    @property
    def part(self) -> str:
        """The part's name in words; empty for a whole task."""
        return (self.source.part or "").replace("_", " ")

    @property
    def word(self) -> str:
        """The verdict in words."""
        if isinstance(self.source, Verdict):
            return self.source.status
        if self.given is not None:
            return READ
        return WAITS if self.source.attempted else NOTHING

    @property
    def points(self) -> Points:
        """Points: a person's word stands above the check's."""
        most = self.source.points
        if self.given is not None:
            return Points(self.given, most)
        if isinstance(self.source, Reading):
            return Points(0.0, most, waiting=most if self.source.attempted else 0.0)
        if self.source.score is None:
            return Points(0.0, most, undecided=most)
        return Points(self.source.score, most)

    @property
    def reason(self) -> str:
        """Why, in the check's words."""
        if isinstance(self.source, Reading):
            return ""
        if self.source.reason or self.source.status is Status.PASSED:
            return self.source.reason[:_LONGEST]
        return "no reason was recorded"

    @property
    def between(self) -> tuple[float, float] | None:
        """Points that the noise of a measurement leaves possible, if there are several."""
        if self.given is not None or isinstance(self.source, Reading) or not self.source.between:
            return None
        low, high = self.source.between
        return (low, high) if number(low) != number(high) else None

    @property
    def noise(self) -> str:
        """That the points rest on a measurement near a bound; empty if they do not."""
        if not self.between:
            return ""
        low, high = map(number, self.between)
        return f"Measured near a bound: within its noise {low} to {high} points are possible."

    @property
    def settled(self) -> str:
        """That a person changed or settled what the check said; empty if none did."""
        if self.given is None or isinstance(self.source, Reading):
            return ""
        score = self.source.score
        said = "left it open" if score is None else f"gave {number(score)}"
        return f"A person gave {number(self.given)}; the check {said}."


@dataclass(frozen=True)
class TaskRow:
    """A task on a candidate's page, with the items that decide it (at least one)."""

    id: str
    title: str
    items: tuple[Item, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the checks said."""
        return tuple(item.source for item in self.items if isinstance(item.source, Verdict))

    @property
    def word(self) -> str:
        """One word for the task: the checks' if it has any."""
        if self.verdicts:
            return worst(self.verdicts)
        words = {item.word for item in self.items}
        return next(word for word in (WAITS, READ, NOTHING) if word in words)

    @property
    def whole(self) -> bool:
        """Whether the task has no parts, so that its line says all."""
        return len(self.items) == 1 and not self.items[0].part

    @property
    def points(self) -> Points:
        """Points of the whole task."""
        return add(item.points for item in self.items)

    @property
    def fraction(self) -> float | None:
        """Share of the automatic points that the checks gave; None if one of them is open."""
        scores = [verdict.score for verdict in self.verdicts]
        possible = total(verdict.points for verdict in self.verdicts)
        return None if None in scores or not possible else total(scores) / possible


@dataclass(frozen=True)
class Competency:
    """What a candidate has shown of one competency, over all tasks and parts that speak for it."""

    name: str
    points: Points

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Card:
    """All that a candidate's page says.

    Attributes
    ----------
    lab, result, manual
        What was graded, how it came out, and what readers gave.
    late_minutes
        How long after the time it came here; 0 in time, or without one.
    """

    lab: catalog.Lab
    result: Result
    manual: Manual
    late_minutes: float = 0.0

    @property
    def name(self) -> str:
        """The candidate."""
        return self.result.candidate

    @cached_property
    def tasks(self) -> tuple[TaskRow, ...]:
        """The tasks that the result holds, in the lab's order."""
        known = {task.id: task for task in self.lab.tasks}
        titles = {task: known[task].title or task for task in known}
        items: dict[str, list[Item]] = {task: [] for task in known}
        sources: tuple[Verdict | Reading, ...] = (*self.result.verdicts, *self.result.readings)
        for source in sources:
            of = known[source.task].competency_of(source.part) if source.task in known else ""
            item = Item(source, self.manual.get(source.cell), of)
            items.setdefault(source.task, []).append(item)
        return tuple(
            TaskRow(task, titles.get(task, task), tuple(own)) for task, own in items.items() if own
        )

    @property
    def competencies(self) -> tuple[Competency, ...]:
        """What the points speak for, in the lab's order; empty if the lab does not say."""
        found: dict[str, list[Points]] = {}
        for item in (item for task in self.tasks for item in task.items):
            found.setdefault(item.competency, []).append(item.points)
        return tuple(Competency(name, add(points)) for name, points in found.items() if name)

    @property
    def noisy(self) -> float:
        """How many points the noise of measurements leaves open."""
        items = (item for task in self.tasks for item in task.items)
        return total(item.between[1] - item.between[0] for item in items if item.between)

    @property
    def automatic(self) -> Points:
        """The result's own sum over the checks, whatever people said later."""
        undecided = total(v.points for v in self.result.verdicts if v.score is None)
        return Points(self.result.score, self.result.points, undecided=undecided)

    @property
    def reading(self) -> Points:
        """Points of the parts that a person reads."""
        items = (item for task in self.tasks for item in task.items)
        return add(item.points for item in items if isinstance(item.source, Reading))

    @property
    def together(self) -> Points:
        """Points of checks and people together."""
        return add(task.points for task in self.tasks)

    @property
    def settled(self) -> tuple[str, ...]:
        """Sentences on the checks whose points a person settled or changed."""
        return tuple(
            f"{task.title}{', ' if item.part else ''}{item.part}: {item.settled}"
            for task in self.tasks
            for item in task.items
            if item.settled
        )

    @property
    def outdated(self) -> tuple[str, ...]:
        """Sentences on where ``lab.yaml`` now differs from what was graded."""
        graded = {task.id: task.points.possible for task in self.tasks}
        wanted = {task.id: task.points for task in self.lab.tasks}
        return tuple(
            f"{task}: {number(wanted.get(task, 0))} points in lab.yaml, "
            f"{number(graded.get(task, 0))} in this grading"
            for task in wanted | graded
            if number(wanted.get(task, 0)) != number(graded.get(task, 0))
        )

    @property
    def strays(self) -> dict[str, float]:
        """Readers' points for cells that this grading did not have: not counted."""
        cells = {item.source.cell for task in self.tasks for item in task.items}
        given = self.manual.items()
        return {cell: score for cell, score in given if score is not None and cell not in cells}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is still to be done or should be known, for the cohort's table."""
        points = self.together
        said = {
            f"{number(points.undecided)} points undecided": points.undecided,
            f"{number(points.waiting)} points wait for a reader": points.waiting,
            f"{number(self.noisy)} points within the noise of a measurement": self.noisy,
            "points changed by a person": self.settled,
            "differs from the release": self.result.tampering,
            "lab changed since": self.outdated,
            "graded without a sandbox": self.result.sandbox == "none",
        }
        return tuple(sentence for sentence, holds in said.items() if holds)


def to_read(cards: Iterable[Card]) -> list[str]:
    """A line for each answer that waits for a reader: whose, of which task, for how many points."""
    return [
        f"{card.name}, {card.lab.name}: {task.title}{', ' if item.part else ''}{item.part}, "
        f"{number(item.points.waiting)} points"
        for card in cards
        for task in card.tasks
        for item in task.items
        if item.points.waiting
    ]


# -- the cohort ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskShare:
    """How a task went in the cohort, among the submissions that could be read.

    Attributes
    ----------
    fractions
        Share of the automatic points that each earned, without those left open.
    words
        How many have each verdict, in the verdicts' order.
    """

    id: str
    title: str
    fractions: tuple[float, ...]
    words: Mapping[str, int]

    @property
    def mean(self) -> str:
        """Mean share earned, and of how many."""
        if not self.fractions:
            return "none decided"
        return f"{percent(fmean(self.fractions))} (n = {len(self.fractions)})"


@dataclass(frozen=True)
class TaskFigures:
    """What a task measures; ``seconds`` is the median that its checks took."""

    title: str
    difficulty: items.Estimate | None
    discrimination: items.Estimate | None
    seconds: float


@dataclass(frozen=True)
class Standing:
    """A candidate's place among those whom the same tests have graded.

    Attributes
    ----------
    share
        Of them, how many have fewer automatic points, equals counted half; None for too few.
    n, until
        How many they are, and the day of the last grading (UTC).
    """

    share: float | None
    n: int
    until: str

    def __str__(self) -> str:
        """The same in words."""
        if self.share is None:
            return f"not enough candidates to compare (n = {self.n}, {items.ENOUGH} needed)"
        return (
            f"above {percent(self.share)} of the candidates graded with these tests until "
            f"{self.until} (n = {self.n}, automatic points, equals count half)"
        )


@dataclass(frozen=True)
class Cohort:
    """All that the cohort's page says."""

    lab: catalog.Lab
    cards: Sequence[Card]
    missing: Sequence[str]

    @property
    def rows(self) -> list[tuple[str, Card | None]]:
        """Everyone by name, with the card of those who have a result."""
        found: list[tuple[str, Card | None]] = [(card.name, card) for card in self.cards]
        found += [(name, None) for name in self.missing]
        return sorted(found, key=lambda row: (row[0].casefold(), row[0]))

    @property
    def readable(self) -> list[Card]:
        """Those whose submission could be read: the others say nothing about a task."""
        return [card for card in self.cards if card.result.status != "unreadable"]

    @property
    def totals(self) -> list[float]:
        """Share of the automatic points earned, where none of them is undecided."""
        points = [card.automatic for card in self.readable]
        return [p.earned / p.possible for p in points if p.possible and not p.undecided]

    @property
    def spread(self) -> str:
        """The distribution of the totals in words, with those left out."""
        low, middle, high = (percent(f(self.totals)) for f in (min, median, max))
        words = [f"n = {len(self.totals)}", f"median {middle}", f"from {low} to {high}"]
        left_out = {
            "unreadable": len(self.cards) - len(self.readable),
            "with undecided points": len(self.readable) - len(self.totals),
            "without a result": len(self.missing),
        }
        reasons = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
        return ", ".join(words) + (f"; left out: {reasons}" if reasons else "")

    @property
    def tests(self) -> dict[str, list[str]]:
        """Candidates by the hash of the tests that graded them, the most first."""
        return _grouped((card.result.hashes.tests, card.name) for card in self.cards)

    @property
    def environments(self) -> dict[str, list[str]]:
        """Candidates by the hash of the environment that graded them, the most first."""
        return _grouped((card.result.hashes.environment, card.name) for card in self.cards)

    @cached_property
    def tasks(self) -> tuple[TaskShare, ...]:
        """How each task went, in the lab's order."""
        rows: dict[str, list[TaskRow]] = {task.id: [] for task in self.lab.tasks}
        for task in (task for card in self.readable for task in card.tasks):
            rows.setdefault(task.id, []).append(task)
        shares = []
        for name, found in rows.items():
            counts = Counter(row.word for row in found)
            words = {word: counts[word] for word in (*Status, READ, WAITS, NOTHING) if counts[word]}
            fractions = tuple(row.fraction for row in found if row.fraction is not None)
            if found:
                shares.append(TaskShare(name, found[0].title, fractions, words))
        return tuple(shares)

    @property
    def checked(self) -> list[TaskShare]:
        """The tasks that have checks, and so verdicts to draw."""
        return [task for task in self.tasks if task.words.keys() & set(Status)]

    @cached_property
    def population(self) -> list[Card]:
        """Whom figures may compare: all points decided, by the tests that graded the most."""
        decided = [card for card in self.readable if not card.automatic.undecided]
        tests = Counter(card.result.hashes.tests for card in decided)
        most = max(tests, key=lambda value: (tests[value], value), default="")
        return [card for card in decided if card.result.hashes.tests == most]

    @cached_property
    def measured(self) -> tuple[TaskFigures, ...]:
        """What each task with checks measures in the population, in the lab's order."""
        earned = [
            {row.id: total(v.score for v in row.verdicts) for row in card.tasks if row.verdicts}
            for card in self.population
        ]
        possible = {
            row.id: total(v.points for v in row.verdicts)
            for card in self.population[:1]
            for row in card.tasks
            if row.verdicts
        }
        seconds: dict[str, list[float]] = {task: [] for task in possible}
        for row in (row for card in self.population for row in card.tasks if row.verdicts):
            seconds[row.id].append(math.fsum(verdict.wall for verdict in row.verdicts))
        titles = {task.id: task.title for task in self.tasks}
        return tuple(
            TaskFigures(
                title=titles[task],
                difficulty=items.difficulty([one[task] / most for one in earned]),
                discrimination=items.discrimination(
                    [one[task] / most for one in earned],
                    [total([*one.values(), -one[task]]) for one in earned],
                ),
                seconds=median(seconds[task]),
            )
            for task, most in possible.items()
        )

    @property
    def alpha(self) -> items.Estimate | None:
        """Cronbach's alpha of the tasks with checks, in the population."""
        rows = [
            [total(v.score for v in row.verdicts) for row in card.tasks if row.verdicts]
            for card in self.population
        ]
        return items.alpha(rows)

    def standing(self, card: Card) -> Standing | None:
        """A candidate's place; None for one who cannot be compared with the others."""
        if all(card is not other for other in self.population):
            return None
        totals = [other.automatic.earned for other in self.population]
        return Standing(
            items.percentile(card.automatic.earned, totals),
            len(totals),
            max(other.result.started for other in self.population)[:10],
        )


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, name in sorted(pairs):
        groups.setdefault(key, []).append(name)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))
