"""A candidate's matplotlib figure, read as plain data for checks.

Owns the reading: which axes, labels, ticks, lines, points and bars a figure has. Works on a local
figure and on a stand-in, whose attributes are asked for over the link. What a figure says of itself
is the candidate's own word, which is no loss here: to say the right numbers under the right labels
is what drawing them means. Owns no judgement of pixels, colours or taste.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograde.checks import Wrong, plain

Floats = npt.NDArray[np.float64]

#: Most lines, groups of points or bars that are read from one pair of axes.
MOST = 500


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: its place in data units and its text."""

    position: float
    label: str


@dataclass(frozen=True)
class Curve:
    """A line or a group of points: its label and its data, two float64 arrays of one shape (n,).

    Dates are days since 1970-01-01, categories are 0, 1, 2, … as matplotlib has them.
    """

    label: str
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Bar:
    """A bar: the label of its group, its lower left corner and its size in data units."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Axes:
    """One pair of axes, with everything drawn in it that a check can judge."""

    title: str
    xlabel: str
    ylabel: str
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xticks: tuple[Tick, ...]
    yticks: tuple[Tick, ...]
    lines: tuple[Curve, ...]
    points: tuple[Curve, ...]
    bars: tuple[Bar, ...]
    legend: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """A figure: its axes in the order in which they were added."""

    axes: tuple[Axes, ...]


def read(figure: Any, what: str = "the figure") -> Drawing:
    """Read a matplotlib ``Figure``; ``what`` names it in the reason.

    Raises
    ------
    Wrong
        If it is no figure, or one with so much in it that nobody could read it.
    """
    try:
        return Drawing(tuple(_axes(axes) for axes in _few(figure.axes, what)))
    except (AttributeError, TypeError, ValueError) as error:
        raise Wrong(f"{what} must be a matplotlib Figure that can be read") from error


def _axes(axes: Any) -> Axes:
    legend = axes.get_legend()
    return Axes(
        title=_text(axes.get_title()),
        xlabel=_text(axes.get_xlabel()),
        ylabel=_text(axes.get_ylabel()),
        xlim=_pair(axes.get_xlim()),
        ylim=_pair(axes.get_ylim()),
        xticks=tuple(_ticks(axes.get_xticks(), axes.get_xticklabels())),
        yticks=tuple(_ticks(axes.get_yticks(), axes.get_yticklabels())),
        # orig=False: as drawn, so dates and categories are numbers.
        lines=tuple(
            Curve(_text(line.get_label()), *_xy(line.get_xdata(False), line.get_ydata(False)))
            for line in _few(axes.get_lines(), "axes")
        ),
        points=tuple(
            Curve(_text(group.get_label()), *_xy(*_columns(group.get_offsets())))
            for group in _few(axes.collections, "axes")
        ),
        bars=tuple(_bars(axes)),
        legend=tuple(_text(t.get_text()) for t in legend.get_texts()) if legend is not None else (),
    )


def _bars(axes: Any) -> Iterator[Bar]:
    for container in _few(axes.containers, "axes"):
        try:
            patches = container.patches
        except AttributeError:
            continue  # error bars: their lines are among the lines
        for bar in _few(patches, "axes"):
            yield Bar(
                _text(container.get_label()),
                *(
                    float(plain(size))
                    for size in (bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height())
                ),
            )


def _ticks(positions: Any, labels: Any) -> Iterator[Tick]:
    for position, label in zip(_floats(positions), _few(labels, "axes"), strict=True):
        yield Tick(float(position), _text(label.get_text()))


def _few(items: Any, what: str) -> list[Any]:
    found = []
    for item in items:
        found.append(item)
        if len(found) > MOST:
            raise Wrong(f"{what}: more than {MOST} things are drawn, which nobody can read")
    return found


def _text(value: Any) -> str:
    value = plain(value)
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value


def _pair(value: Any) -> tuple[float, float]:
    low, high = _floats(value)
    return float(low), float(high)


def _columns(offsets: Any) -> tuple[Any, Any]:
    array = np.asarray(plain(offsets), dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _floats(value: Any) -> Floats:
    return np.asarray(plain(value), dtype=np.float64).reshape(-1)


def _xy(x: Any, y: Any) -> tuple[Floats, Floats]:
    x, y = _floats(x), _floats(y)
    if x.shape != y.shape:
        raise ValueError("x and y differ in length")
    return x, y
