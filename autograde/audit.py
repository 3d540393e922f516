"""The error rate of a lab's own checks, measured on answers whose fate is known.

Owns the audit: grade the reference, every answer and the blank lab, compare with what each must
lose, and say how sure that makes us. The same for mutants of the reference. Nothing that was not
graded counts as clean.
"""

import hashlib
import math
import random
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from jupyter_core.utils import ensure_event_loop

from autograde import answers, assemble, catalog, execute, intake, mutants
from autograde.errors import SandboxError
from autograde.verdict import Result, Status

T = TypeVar("T")

#: 97.5 % quantile of the normal distribution.
Z = 1.959964


@dataclass(frozen=True)
class Trial:
    """One graded answer: what it had to lose, what it lost, and whether that is right."""

    name: str
    kind: str
    about: str
    must_lose: frozenset[str]
    result: Result

    @property
    def lost(self) -> frozenset[str]:
        """Tasks with fewer points than they have."""
        return frozenset(
            task
            for task, verdicts in self.result.by_task().items()
            if any(v.score is None or v.score < v.points for v in verdicts)
        )

    @property
    def fault(self) -> str:
        """What is wrong with the checks, or "" if they did as they should."""
        errors = [v.cell for v in self.result.verdicts if v.status is Status.GRADER_ERROR]
        if errors:
            return f"grader error in {', '.join(errors)}"
        if self.kind == "blank":
            odd = [v.cell for v in self.result.verdicts if v.status is not Status.NOT_ATTEMPTED]
            return f"not 'not attempted': {', '.join(odd)}" if odd else ""
        extra, missed = self.lost - self.must_lose, self.must_lose - self.lost
        faults = []
        if missed:
            faults.append(f"should lose {', '.join(sorted(missed))}")
        if extra:
            faults.append(f"should not lose {', '.join(sorted(extra))}")
        return "; ".join(faults)


@dataclass(frozen=True)
class Audit:
    """All trials of a lab."""

    lab: str
    trials: tuple[Trial, ...]

    def of(self, kind: str) -> list[Trial]:
        """Trials of a kind: "right" (with the reference), "wrong" or "blank"."""
        return [trial for trial in self.trials if trial.kind == kind]

    @property
    def caught(self) -> int:
        """Wrong answers that lost every task they had to lose."""
        return sum(t.must_lose <= t.lost for t in self.of("wrong"))

    @property
    def failed(self) -> int:
        """Right answers that lost a point."""
        return sum(bool(t.lost) for t in self.of("right"))

    @property
    def clean(self) -> bool:
        """Whether every trial went exactly as it should."""
        return not any(trial.fault for trial in self.trials)


def trials(
    release: catalog.Release,
    listed: Sequence[answers.Answer],
    *,
    workers: int,
    sandboxed: bool = True,
) -> Iterator[Trial]:
    """Grade the reference, the blank lab and every answer, and yield each trial in that order.

    Parameters
    ----------
    release, listed
        The lab and its answers.
    workers
        Gradings at a time.
    sandboxed
        Whether the answers' code is confined.
    """
    reference = answers.Answer(
        "reference", answers.Header(kind="right", about="the lab's own solution"), {}, {}
    )

    def trial(answer: answers.Answer | None) -> Trial:
        return Trial(
            name=answer.name if answer else "blank",
            kind=answer.header.kind if answer else "blank",
            about=answer.header.about if answer else "the lab as handed out",
            must_lose=frozenset(answer.header.loses if answer else ()),
            result=grade(release, answer, sandboxed=sandboxed),
        )

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(trial, [reference, None, *listed])


@dataclass(frozen=True)
class MutantTrial:
    """One graded mutant of the reference: only the checks of its task were run."""

    mutant: mutants.Mutant
    result: Result

    @property
    def killed(self) -> bool:
        """Whether a check noticed; a grader error is not noticing."""
        return any(v.score is not None and v.score < v.points for v in self.result.verdicts)

    @property
    def fault(self) -> str:
        """What is wrong with the checks or with the explanation, or ""."""
        errors = [v.cell for v in self.result.verdicts if v.status is Status.GRADER_ERROR]
        if errors:
            return f"grader error in {', '.join(errors)}"
        explained = self.mutant.explained
        if self.killed:
            strict = explained is not None and not explained.by_chance
            return "explained as no mistake, but noticed" if strict else ""
        return "" if explained else "no check noticed"


def mutant_trials(
    release: catalog.Release,
    made: Sequence[mutants.Mutant],
    *,
    workers: int,
    sandboxed: bool = True,
) -> Iterator[MutantTrial]:
    """Grade each mutant by the checks of its own task, and yield the trials in that order.

    Parameters as those of :func:`trials`.
    """
    small = {task: mutants.only(release, task) for task in {mutant.task for mutant in made}}
    header = answers.Header(kind="wrong", about="a mutant")

    def trial(mutant: mutants.Mutant) -> MutantTrial:
        answer = answers.Answer("mutant", header, {mutant.cell: mutant.source}, {})
        return MutantTrial(mutant, grade(small[mutant.task], answer, sandboxed=sandboxed))

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(trial, made)


def grade(
    release: catalog.Release,
    answer: answers.Answer | None,
    *,
    other: str = "",
    sandboxed: bool = True,
) -> Result:
    """Grade an answer (None: the blank lab); a grading that fails is a result, too.

    Parameters
    ----------
    release, answer
        The lab and the answer.
    other
        Any text but "" stands for hidden inputs other than those of this submission.
    sandboxed
        Whether the answer's code is confined.
    """
    cells, _ = intake.parse(answers.notebook(release, answer))
    notebook = assemble.assemble(release, intake.Submission(cells))
    if other:
        text = f"{notebook.metadata['autograde']['submission']} {other}"
        notebook.metadata["autograde"]["submission"] = hashlib.sha256(text.encode()).hexdigest()
    name = answer.name if answer else "blank"
    try:
        return execute.grade(notebook, release, {}, candidate=name, sandboxed=sandboxed)
    except SandboxError:
        raise
    except Exception:  # one grading that fails is a finding, and the others go on
        digest, why = notebook.metadata["autograde"]["submission"], traceback.format_exc()
        return execute.undecided(release, digest, name, why, sandboxed=sandboxed)
    finally:
        # jupyter_client leaves an event loop open in every thread that starts a kernel.
        ensure_event_loop().close()


def left_out(items: Sequence[T], n: int | None, seed: str) -> list[T]:
    """What a sample of ``n``, drawn without replacement, leaves out; nothing if ``n`` is None."""
    if n is None or n >= len(items):
        return []
    return random.Random(seed).sample(items, len(items) - n)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a rate, by Wilson's score (E. B. Wilson, JASA 22, 1927, p. 209).

    Parameters
    ----------
    hits, n
        Successes and trials, ``0 <= hits <= n``.

    Returns
    -------
    tuple of float
        Lower and upper end in [0, 1]; (0, 1) for no trials at all.
    """
    if n == 0:
        return 0.0, 1.0
    rate = hits / n
    middle = rate + Z * Z / (2 * n)
    half = Z * math.sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
