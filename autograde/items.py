"""How well a lab's tasks measure: classical test theory on what a cohort earned.

Owns the estimates, each with a 95 % interval and the number of candidates behind it, and the least
number below which an estimate is not given: a number that means nothing would be read all the same.
Owns no score and no words of a page (:mod:`autograde.scorecard`).

All take shares of the points, between 0 and 1. The intervals assume candidates drawn independently
from those who could sit the lab.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy import stats

#: Candidates below which no mean is given, and none of the two that compare candidates: with 30, a
#: correlation of 0.3 still has an interval from -0.07 to 0.6.
FEW, ENOUGH = 10, 30
DRAWS, SEED, LEVEL = 2000, 20_260_101, 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, from ``n`` candidates."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """``0.42 (0.10 to 0.68)``."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def difficulty(shares: Sequence[float]) -> Estimate | None:
    """Mean share of a task's points (1: all of everybody), by the percentile bootstrap.

    Returns
    -------
    Estimate or None
        None for fewer than ``FEW`` candidates.
    """
    if len(shares) < FEW:
        return None
    values = np.asarray(shares, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(fmean(shares), float(low), float(high), len(shares))


def discrimination(item: Sequence[float], rest: Sequence[float]) -> Estimate | None:
    """Correlation of a task with what the same candidates earned elsewhere in the lab.

    For a task that is passed or not this is the point-biserial correlation of item and rest; the
    task itself is not in ``rest``, or it would correlate with itself. The interval is Fisher's:
    ``tanh(atanh(r) ± 1.96 / sqrt(n - 3))``.

    Parameters
    ----------
    item, rest
        Shares of the task and of all other tasks, one a candidate, in the same order.

    Returns
    -------
    Estimate or None
        None for fewer than ``ENOUGH`` candidates, and where all have the same share.
    """
    n = len(item)
    if n < ENOUGH or len(set(item)) == 1 or len(set(rest)) == 1:
        return None
    value = float(np.corrcoef(item, rest)[0, 1])
    middle = math.atanh(max(-1 + 1e-12, min(value, 1 - 1e-12)))
    half = float(stats.norm.ppf((1 + LEVEL) / 2)) / math.sqrt(n - 3)
    return Estimate(value, math.tanh(middle - half), math.tanh(middle + half), n)


def alpha(rows: Sequence[Sequence[float]]) -> Estimate | None:
    """Cronbach's alpha of the points by task: how far the tasks measure one thing.

    ``k / (k - 1) * (1 - sum of the tasks' variances / variance of the sum)``, with Feldt's (1965)
    interval: ``1 - (1 - alpha) * F``, F with ``n - 1`` and ``(n - 1)(k - 1)`` degrees of freedom.

    Parameters
    ----------
    rows
        Points of each task, a row a candidate; n rows of k.

    Returns
    -------
    Estimate or None
        None for fewer than ``ENOUGH`` candidates, fewer than two tasks, and equal sums.
    """
    points = np.asarray(rows, dtype=np.float64)
    n = len(rows)
    if n < ENOUGH or points.shape[1] < 2 or np.ptp(points.sum(axis=1)) == 0:
        return None
    k = points.shape[1]
    single, whole = points.var(axis=0, ddof=1).sum(), points.sum(axis=1).var(ddof=1)
    value = float(k / (k - 1) * (1 - single / whole))
    most, least = stats.f.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], n - 1, (n - 1) * (k - 1))
    return Estimate(value, 1 - (1 - value) * float(most), 1 - (1 - value) * float(least), n)


def percentile(total: float, totals: Sequence[float]) -> float | None:
    """Share of a population below a total, those with the same counted half.

    Returns
    -------
    float or None
        Between 0 and 1; None for fewer than ``ENOUGH`` candidates.
    """
    if len(totals) < ENOUGH:
        return None
    below = sum(other < total - 1e-9 for other in totals)
    equal = sum(abs(other - total) <= 1e-9 for other in totals)
    return (below + equal / 2) / len(totals)
