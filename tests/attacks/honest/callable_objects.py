# about: The answers are objects of classes with __call__, one of them a dataclass.

# %% double
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    factor: int

    def __call__(self, x):
        return self.factor * x


double = Times(2)

# %% triple
class Triple:
    def __init__(self):
        self.seen = []

    def __call__(self, x, *, note=None):
        self.seen.append(x)
        return 3 * x

    def __repr__(self):
        return f"<Triple, {len(self.seen)} calls>"


triple = Triple()
triple
