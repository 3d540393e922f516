"""The small language in which hidden tests are written.

Owns what an author of ``hidden.py`` imports: what is required, seeds, and the reading of an answer
that may be anything (figures have :mod:`autograde.figures`). Everything here works with plain local
functions too, so that hidden tests can be developed and tested without the grading machinery; on
the grader's side the same calls go through the link (:mod:`autograde.remote`).
"""

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from autograde import remote

__all__ = [
    "Call", "Earned", "Late", "Wrong", "call", "inputs", "mapping", "number", "plain", "require",
    "same", "seeds", "table", "unchanged",
]  # fmt: skip

Case = TypeVar("Case", bound=tuple[Any, ...])

_seed = 0
_given = ""


@dataclass
class Room:
    """What commands of the candidate's (:mod:`autograde.commands`) may use in this check.

    Attributes
    ----------
    seconds
        How long, from the first command to the end of the check; the lab's own work in between
        counts, for commands run meanwhile.
    sandboxed
        Whether they are confined.
    limits
        Those of ``lab.yaml``.
    begun
        ``time.monotonic()`` at the first command, or None.
    """

    seconds: float = math.inf
    sandboxed: bool = True
    limits: Mapping[str, Any] = field(default_factory=dict)
    begun: float | None = None

    def enter(self) -> None:
        """Start the clock, if this is the first command."""
        if self.begun is None:
            self.begun = time.monotonic()

    def used(self) -> float:
        """Seconds since the first command began."""
        return 0.0 if self.begun is None else time.monotonic() - self.begun

    def left(self) -> float:
        """Seconds that are left.

        Raises
        ------
        autograde.remote.TimedOut
            If there are none.
        """
        left = self.seconds - self.used()
        if left <= 0:
            raise remote.TimedOut("commands took all the time of the check")
        return left


room = Room()


class Wrong(AssertionError):
    """The candidate's answer breaks a sentence of the task; the message is shown to them.

    Say which sentence, on what kind of input, and what was observed. Never the expected value
    and never the hidden test.
    """


class Late(Wrong):
    """A program of the candidate's has not ended in time: a verdict of its own if it ends a check.

    Lab text in a visible check, which has nothing of ours, raises TimeoutError instead.
    """


class Earned(float):
    """Points for an answer that may be right in part, with a reason; the last value of a check.

    The reason follows the same rule as that of :class:`Wrong`. At full points it is the evidence.
    ``between`` is for points that rest on a measurement: what its noise leaves possible.
    """

    reason: str
    between: tuple[float, float] | None

    def __new__(
        cls, points: float, reason: str, between: tuple[float, float] | None = None
    ) -> "Earned":
        """Make the number and keep the words."""
        made = super().__new__(cls, points)
        made.reason, made.between = reason, between
        return made


def require(condition: object, reason: str) -> None:
    """Raise :class:`Wrong` with ``reason`` unless ``condition`` is exactly true.

    Exactly: a ``bool`` or ``np.bool_``. An object of the candidate's that merely claims to be
    true is refused by the link, and any other truthy value is a mistake in the check.

    Raises
    ------
    Wrong
        If the condition is false.
    TypeError
        If the condition is not a truth value.
    """
    if isinstance(condition, remote.Remote):
        condition = bool(condition)  # raises remote.NoValue: the candidate's object has none
    if not isinstance(condition, bool | np.bool_):
        raise TypeError(f"require() takes a truth value, not {type(condition).__name__}")
    if not condition:
        raise Wrong(reason)


@dataclass(frozen=True)
class Call:
    """What a call gave back: its result, and its arguments as the callee left them."""

    result: Any
    args: tuple[Any, ...]


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Call:
    """Call the candidate's function and fetch its arguments back.

    Arguments cross the link by value, so looking at one's own copy after a call says nothing
    about what the candidate's function did to it. This does: the same objects are read again on
    the candidate's side after the call.
    """
    if isinstance(function, remote.Remote):
        result, after = remote.call_back(function, args, kwargs)
        return Call(result, tuple(after))
    copies = deepcopy(args)
    return Call(function(*copies, **kwargs), copies)


def seeds(n: int) -> list[int]:
    """``n`` seeds for hidden inputs, each below 2**31.

    They depend on the submission and on the tests alone: nobody can know them beforehand, and
    grading the same submission again gives the same inputs.
    """
    generator = random.Random(_seed)
    return [generator.randrange(1, 2**31) for _ in range(n)]


def inputs(cases: Iterable[Case]) -> Iterator[Case]:
    """Each case in turn; it begins with the words for it, such as ``"no flights"``.

    If the candidate's code crashes on a case or does not finish, the reason ends with ``, given``
    and these words, which are read by the candidate: they name a kind of input and hold no value.
    """
    global _given
    for case in cases:
        _given = str(case[0])
        yield case
    _given = ""


def plain(value: Any) -> Any:
    """Plain data for an object that is only reachable by a stand-in; plain data unchanged.

    A mapping becomes a dict, a dataclass a dict, another iterable a list, a subclass of a plain
    type that type. Use it where the task's text allows any of these.
    """
    if isinstance(value, remote.Remote):
        return remote.fetch_plain(value)
    return remote.to_plain(value)


def table(value: Any, columns: Iterable[str], what: str) -> pd.DataFrame:
    """``value`` as a DataFrame that has ``columns``; ``what`` names it in the reason.

    Raises
    ------
    Wrong
        If it is something else, or a column is absent.
    """
    value = plain(value)
    if not isinstance(value, pd.DataFrame):
        raise Wrong(f"{what} must be a DataFrame, but on other data it is a {type(value).__name__}")
    absent = [column for column in columns if column not in value]
    require(not absent, f"{what}: on other data these columns are absent: {', '.join(absent)}")
    return value


def mapping(value: Any, what: str) -> dict[Any, Any]:
    """``value`` as a dict; ``what`` names it in the reason.

    Raises
    ------
    Wrong
        If it is something else.
    """
    value = plain(value)
    if not isinstance(value, dict):
        raise Wrong(f"{what} must be a dict, but on other data it is a {type(value).__name__}")
    return value


def number(value: Any) -> float:
    """``value`` as a float; NaN for anything that is not a number, truth values and text too."""
    if isinstance(value, bool | np.bool_ | str) or value is None or value is pd.NA:
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def same(a: Any, b: Any) -> bool:
    """Whether the cell ``a`` agrees with ``b``: missing with missing, floats to nine digits."""
    if np.ndim(a) != 0:
        return False
    if pd.isna(a) or pd.isna(b):
        return bool(pd.isna(a) and pd.isna(b))
    if isinstance(b, float | np.floating):
        wanted = float(b)
        return abs(number(a) - wanted) <= 1e-9 * max(1.0, abs(wanted))
    try:
        return bool(a == b)
    except (TypeError, ValueError):  # e.g. a timestamp against text
        return False


def unchanged(before: Any, after: Any, what: str) -> None:
    """Require that tables are as they were: nothing written, none lost.

    Parameters
    ----------
    before
        A DataFrame, or a dict of them by name.
    after
        The same as :func:`call` fetched it back.
    what
        The candidate's function, for the reason.

    Raises
    ------
    Wrong
        If a table differs, its order and dtypes included.
    """
    before = before if isinstance(before, dict) else {"the table": before}
    after = plain(after)
    after = after if isinstance(after, dict) else {"the table": after}
    for name, frame in before.items():
        try:
            pd.testing.assert_frame_equal(plain(after[name]), frame)
        except (AssertionError, KeyError, TypeError):
            raise Wrong(
                f"'Do not change your arguments': after {what} {name} is not as it was before"
            ) from None


def _begin(seed: int, commands: Room | None = None) -> None:
    """Fix what :func:`seeds` returns, and no case is under way; for the grader's kernel."""
    global _seed, _given, room
    _seed, _given, room = seed, "", commands or Room()
