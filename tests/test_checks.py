"""The language of hidden tests, with plain local functions as an author tries them."""

import collections
import dataclasses
import enum
import types

import numpy as np
import pandas as pd
import pytest

from autograde import checks
from autograde.checks import Wrong, call, plain, require, seeds


@pytest.mark.parametrize("condition", [True, np.True_, np.bool_(1)])
def test_what_is_true_is_accepted(condition):
    """A bool and a NumPy bool."""
    require(condition, "not shown")


@pytest.mark.parametrize("condition", [False, np.False_])
def test_what_is_false_is_wrong_with_the_reason(condition):
    """The reason is the whole message."""
    with pytest.raises(Wrong, match=r"^the sum is not kept$"):
        require(condition, "the sum is not kept")


class Yes:
    """Equal to everything and always true."""

    def __bool__(self):
        return True

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    "condition", [1, 0, None, "yes", [True], np.array(True), np.array([True]), pd.NA, Yes()]
)
def test_what_is_no_truth_value_is_a_mistake_of_the_check(condition):
    """Only an exact truth value decides: an array or a 1 is neither right nor wrong."""
    with pytest.raises(TypeError, match="truth value"):
        require(condition, "not shown")


def test_a_call_shows_what_became_of_its_arguments():
    """The author's own values stay as they are; the callee's copies show what it did."""

    def greedy(items, *, more):
        items.append(more)
        return len(items)

    mine = [1]
    found = call(greedy, mine, more=2)
    assert (found.result, found.args, mine) == (2, ([1, 2],), [1])


def test_seeds_depend_on_the_submission_alone():
    """Stable for one seed, a prefix of a longer list, other for another seed, small enough."""
    try:
        checks._begin(5)
        first = seeds(4)
        assert seeds(4) == first
        assert seeds(2) == first[:2]
        checks._begin(6)
        assert seeds(4) != first
        assert len({*first, *seeds(4)}) == 8
        assert all(1 <= s < 2**31 for s in first)
    finally:
        checks._begin(0)


@dataclasses.dataclass
class Point:
    """A dataclass that holds another container."""

    x: float
    tags: tuple


class Frame(pd.DataFrame):
    """A subclass whose comparison lies."""

    def __eq__(self, other):
        return True


class Word(str):
    """A subclass whose comparison lies."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return True


class Level(enum.IntEnum):
    """An int with a name."""

    HIGH = 3


Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (3, 3),
        (Level.HIGH, 3),
        (Word("a"), "a"),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.OrderedDict(a=[1]), {"a": [1]}),
        (types.MappingProxyType({"k": Word("v")}), {"k": "v"}),
        (Point(1.5, (1, [2])), {"x": 1.5, "tags": (1, [2])}),
        (Pair(1, Word("b")), (1, "b")),
        (frozenset({1, Level.HIGH}), {1, 3}),
        (collections.deque([1, 2]), [1, 2]),
        ({"a": 1}.items(), [("a", 1)]),
        (range(3), range(3)),
        ([Point(1, ())], [{"x": 1, "tags": ()}]),
    ],
)
def test_plain_data_for_common_objects(value, expected):
    """The value that the task's text speaks of, of exactly the plain type."""
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_a_generator_becomes_a_list():
    """Also one of dataclasses."""
    assert plain(Point(i, ()) for i in range(2)) == [{"x": 0, "tags": ()}, {"x": 1, "tags": ()}]


def test_frames_and_arrays_lose_their_subclass():
    """So that comparing them is pandas' and NumPy's own comparing."""
    assert type(plain(Frame({"a": [1]}))) is pd.DataFrame
    assert type(plain(np.ma.masked_array([1, 2]))) in (np.ndarray, np.ma.MaskedArray)
    assert type(plain(np.array([1.0]).view(np.recarray))) is np.ndarray
    assert plain(np.float32(1.5)) == np.float32(1.5)


def test_what_has_no_plain_form_says_so():
    """An arbitrary object, and one that contains itself."""
    with pytest.raises(TypeError, match="object has no plain form"):
        plain(object())
    endless = collections.deque()
    endless.append(endless)
    with pytest.raises(TypeError, match="too deep"):
        plain(endless)
    with pytest.raises(TypeError, match="a million"):
        plain(iter(int, 1))
