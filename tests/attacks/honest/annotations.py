# about: Type hints of the newest kinds, with the future import and names that do not exist.

# %% before
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from nowhere import Nothing

T = TypeVar("T")


class Box(Generic[T]):
    item: Nothing

    def __init__(self, item: T) -> None:
        self.item = item


class Doubles(Protocol):
    def __call__(self, x: int, /) -> int: ...

# %% double
from __future__ import annotations


def double(x: int | Unknown | list[Unknown]) -> Missing:
    return 2 * Box[int](x).item

# %% triple
make: Callable[[int], Doubles] = lambda n: lambda x: n * x
triple: Doubles = make(3)
