"""Figures are read as data, here and across the link, whichever way they were drawn."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from autograde import figures
from autograde.checks import Wrong
from autograde.testing import check, grade, hand_in, lab, locked, task

mpl.use("agg")
from matplotlib import pyplot as plt

HOURS = [5, 12, 21]
RATES = [10.0, 20.5, 37.0]


@pytest.fixture(autouse=True)
def close():
    """Leave no figure open."""
    yield
    plt.close("all")


def drawn(draw):
    """Read the one pair of axes that ``draw`` draws into."""
    figure, axes = plt.subplots()
    draw(axes)
    (seen,) = figures.read(figure).axes
    return seen


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.plot(HOURS, RATES, label="late"),
        lambda ax: pd.Series(RATES, HOURS, name="late").plot(ax=ax, legend=True),
        lambda ax: sns.lineplot(x=HOURS, y=RATES, ax=ax, label="late"),
    ],
)
def test_lines_hold_what_was_drawn(draw):
    """A line by matplotlib, pandas or seaborn has the same numbers."""
    (line, *_) = drawn(draw).lines
    np.testing.assert_array_equal(line.x, HOURS)
    np.testing.assert_array_equal(line.y, RATES)
    assert line.label == "late"


def test_points_hold_what_was_drawn():
    """A scatter plot has its points."""
    (points,) = drawn(lambda ax: ax.scatter(HOURS, RATES, label="late")).points
    np.testing.assert_array_equal(points.y, RATES)
    assert points.label == "late"


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.bar(list("abc"), RATES),
        lambda ax: pd.Series(RATES, list("abc")).plot.bar(ax=ax),
        lambda ax: sns.barplot(x=list("abc"), y=RATES, ax=ax),
    ],
)
def test_bars_have_heights_and_the_names_of_their_categories(draw):
    """Bars by any of the three libraries stand over the ticks that name them."""
    axes = drawn(draw)
    assert [bar.height for bar in axes.bars] == RATES
    names = {round(tick.position): tick.label for tick in axes.xticks}
    assert [names[round(bar.x + bar.width / 2)] for bar in axes.bars] == list("abc")


def test_lying_bars_have_widths():
    """Horizontal bars give their number as width and their names on the other axis."""
    axes = drawn(lambda ax: ax.barh(list("abc"), RATES))
    assert [bar.width for bar in axes.bars] == RATES
    assert [tick.label for tick in axes.yticks] == list("abc")


def test_a_shaded_span_is_no_bar():
    """What marks a region is not taken for data."""
    assert drawn(lambda ax: ax.axvspan(1, 2)).bars == ()


def test_error_bars_do_not_hide_the_bars():
    """Bars with error bars are still bars."""
    assert len(drawn(lambda ax: ax.bar([1, 2], [3, 4], yerr=[1, 1])).bars) == 2


def test_words_and_limits_are_read():
    """Title, labels, limits and legend come as text and numbers."""

    def draw(ax):
        ax.plot(HOURS, RATES, label="late")
        ax.set(title="By hour", xlabel="hour", ylabel="late (%)", ylim=(0, 50))
        ax.legend()

    axes = drawn(draw)
    assert (axes.title, axes.xlabel, axes.ylabel) == ("By hour", "hour", "late (%)")
    assert axes.ylim == (0, 50)
    assert axes.legend == ("late",)


def test_dates_are_days():
    """A time axis is in days since 1970, so that a check can place a point."""
    days = pd.to_datetime(["1970-01-02", "1970-01-11"])
    (line,) = drawn(lambda ax: ax.plot(days, [1, 2])).lines
    np.testing.assert_array_equal(line.x, [1, 10])


@pytest.mark.parametrize("thing", [None, 3, "figure", plt.subplots, pd.DataFrame({"axes": [1]})])
def test_what_is_no_figure_is_refused(thing):
    """Anything else is the candidate's mistake, said in words."""
    with pytest.raises(Wrong, match="the chart must be a matplotlib Figure"):
        figures.read(thing, "the chart")


def test_axes_are_not_the_figure():
    """Returning the axes is the usual slip; it has its sentence."""
    with pytest.raises(Wrong, match="Figure"):
        figures.read(plt.subplots()[1])


def test_a_thousand_bars_are_too_many():
    """A figure that nobody can read is refused before it costs time."""
    figure, axes = plt.subplots()
    axes.bar(range(1000), range(1000))
    with pytest.raises(Wrong, match="nobody can read"):
        figures.read(figure)


CHECK = """
from autograde import figures
drawing = figures.read(draw([1, 2, 3]))
(axes,) = drawing.axes
assert axes.xlabel == "hour (h)", axes.xlabel
assert [bar.height for bar in axes.bars] == [1, 2, 3]
assert [list(line.y) for line in axes.lines] == [[1, 2, 3]]
assert [list(p.x) for p in axes.points] == [[0, 1, 2]]
assert axes.legend == ("a", "b", "c"), axes.legend
"""
DRAW = """
fig, ax = plt.subplots()
ax.bar(range(len(x)), x, label="c")
ax.plot(range(len(x)), x, label="a")
ax.scatter(range(len(x)), x, label="b")
ax.set_xlabel("hour (h)")
ax.legend()
return fig
"""


@pytest.mark.parametrize(
    ("old", "new", "score"),
    [
        ("", "", 10),
        ("hour (h)", "hour", 0),
        ("bar(range(len(x)), x", "bar(range(len(x)), x[::-1]", 0),
        ("return fig", "return ax", 0),
        ("return fig", "return None", 0),
    ],
)
def test_a_figure_is_read_across_the_link(old, new, score):
    """A check reads the figure that lives in the candidate's process, and sees what is wrong."""
    release = lab(
        locked("import matplotlib.pyplot as plt"),
        task("draw", DRAW.strip()),
        check("draw", "draw([1])", CHECK),
    )
    body = "\n".join(f"    {line}" for line in DRAW.strip().replace(old, new).split("\n"))
    result, _ = grade(release, hand_in(release, {"draw": f"def draw(x):\n{body}"}))
    (verdict,) = result.verdicts
    assert verdict.score == score, verdict
