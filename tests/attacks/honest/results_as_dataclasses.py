# about: Computes by way of dataclasses, enumerations, named tuples and descriptors.

# %% before
import enum
from collections import namedtuple
from dataclasses import asdict, dataclass, field, replace


class Kind(enum.Enum):
    DOUBLE = 2
    TRIPLE = 3


@dataclass(slots=True, order=True)
class Result:
    value: object
    kind: Kind = Kind.DOUBLE
    history: list = field(default_factory=list)


Step = namedtuple("Step", "what factor")

# %% double
def double(x):
    result = replace(Result(x), value=Kind.DOUBLE.value * x)
    result.history.append(Step("times", 2))
    return result.value

# %% triple
def triple(x):
    return asdict(Result(x * Kind["TRIPLE"].value))["value"]
