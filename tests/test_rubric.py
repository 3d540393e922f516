"""Parts of a rubric are measured on candidates' files by programs in the sandbox."""

import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

import pytest

from autograde import openapi, rubric
from autograde.checks import Earned, Wrong


def fail() -> None:
    """A part that is not so."""
    raise Wrong("this is not so")


def test_parts_stand_for_themselves() -> None:
    """A part that is wrong costs its own weight, and its reason is told once."""
    earned = rubric.shares(10, [(3, lambda: None), (1, fail), (1, fail)])
    assert earned == pytest.approx(6)
    assert earned.reason == "this is not so"
    assert rubric.shares(10, [(0.1, lambda: None), (0.7, lambda: None)]) == 10


def test_a_part_may_be_right_in_part() -> None:
    """What one gives back counts as a share."""
    earned = rubric.shares(4, [(1, lambda: Earned(0.5, "half")), (1, lambda: Earned(1, "whole"))])
    assert (earned, earned.reason) == (3, "half")


def test_points_by_ratio_are_even_on_a_logarithmic_scale() -> None:
    """All up to the first bound, none from the second on, half in the middle."""
    points = [rubric.by_ratio(10, ratio, 1.5, 6.0) for ratio in (0.2, 1.5, 3.0, 6.0, 50.0)]
    assert points == pytest.approx([10, 10, 5, 0, 0])
    assert rubric.by_ratio(10, float("nan"), 1.5, 6) == 0


def test_times_are_compared_in_turns() -> None:
    """A slow round of one side does not decide, and the turns change over."""
    order: list[str] = []
    ours, theirs = iter([1.0, 9.0, 1.0, 1.0]), iter([2.0, 2.0, 30.0, 2.0])

    def first() -> float:
        order.append("ours")
        return next(ours)

    def second() -> float:
        order.append("theirs")
        return next(theirs)

    assert rubric.times_as_long(first, second, 4, seconds=60) == 2
    assert order[:4] == ["theirs", "ours", "ours", "theirs"]


def test_what_varies_in_a_race_is_told() -> None:
    """Rounds that agree leave no doubt; rounds that differ leave one, which holds the truth."""
    exact = rubric.times_as_long(lambda: 1.0, lambda: 2.0, 8, seconds=60)
    assert exact == exact.low == exact.high == 2
    held = 0
    for seed in range(40):
        draw = random.Random(seed)
        pairs = [(draw.lognormvariate(0, 0.1), draw.lognormvariate(0.7, 0.1)) for _ in range(30)]
        ratio = rubric.noisy(pairs, _of_medians)
        assert ratio.low < ratio < ratio.high
        held += ratio.low < math.exp(0.7) < ratio.high
    # 95 % of 40 are 38; if that is what it holds, fewer than 34 come once in 300 such tests.
    assert held >= 34


def _of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(theirs) / statistics.median(ours)


def test_noise_of_a_ratio_becomes_points() -> None:
    """Near a bound there are several points possible, beyond it there are not."""
    near = rubric.measured(10, rubric.Ratio(1.6, 1.4, 1.9), 1.5, 6.0, "slow")
    assert near.reason == "slow"
    assert near.between == pytest.approx((rubric.by_ratio(10, 1.9, 1.5, 6.0), 10))
    assert near.between[0] < near < near.between[1]
    assert rubric.measured(10, rubric.Ratio(1.0, 0.9, 1.2), 1.5, 6.0, "").between == (10, 10)


def test_a_race_ends_in_time() -> None:
    """After its seconds there are two rounds and no more."""
    assert rubric.times_as_long(lambda: 1.0, lambda: 3.0, 10**9, seconds=0) == 3


def test_lint_says_code_and_place() -> None:
    """Findings in the folder count, a comment that silences them does not help."""
    files = {
        "service/a.py": b"import os  # noqa: F401\n",
        "service/b.py": b"x = 1\n",
        "other.py": b"import os\n",
    }
    assert rubric.lint(files, "service", "F") == [rubric.Finding("service/a.py", 1, "F401")]
    broken = rubric.lint({"service/a.py": b"def f(:\n"}, "service", "F")
    assert {finding.path for finding in broken} == {"service/a.py"}


def test_lint_takes_no_settings_of_the_candidates() -> None:
    """Files that would set it up are left out."""
    files = {"service/a.py": b"import os\n", "ruff.toml": b"[lint]\nignore = ['F401']\n"}
    assert len(rubric.lint(files, "service", "F")) == 1


@pytest.mark.slow
def test_types_say_code_and_place() -> None:
    """Errors of the folder count, and so does a comment that turns the checker off."""
    files = {
        "service/__init__.py": b"",
        "service/a.py": b"import other\n\n\ndef f(x):\n    return x\n",
        "service/b.py": b"# mypy: ignore-errors\ndef f(x):\n    return x\n",
        "other.py": b"def f(x):\n    return x\n",
        "mypy.ini": b"[mypy]\nignore_errors = True\n",
    }
    codes = {(finding.path, finding.code) for finding in rubric.types(files, "service")}
    assert codes == {("service/a.py", "no-untyped-def"), ("service/b.py", "silenced")}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("def test_a():\n    assert True\n", "passes"),
        ("def test_a():\n    assert False\n", "fails"),
        ("x = 1\n", "no tests"),
        ("import nothing_like_it\n", "broken"),
        ("import time\n\n\ndef test_a():\n    time.sleep(60)\n", "too slow"),
        ("import os\n\nos.kill(os.getpid(), 9)\n", "stopped"),
    ],
)
def test_a_suite_ends_as_it_ends(text: str, outcome: str) -> None:
    """Each way to end has its name."""
    files = {"tests/test_a.py": text.encode()}
    ended = rubric.suite(files, "tests", seconds=3 if outcome == "too slow" else 20)
    assert ended.outcome == outcome


def test_a_suite_names_what_fails_and_can_leave_it_out() -> None:
    """Whole, it goes on after the first failure; functions are named without their parameters."""
    text = """\
import pytest

@pytest.mark.parametrize("x", ["a b", "c::d"])
def test_all(x):
    assert False

class TestMore:
    def test_one(self):
        assert False

def test_good():
    pass
"""
    files = {"tests/test_a.py": text.encode()}
    names = {"tests/test_a.py::test_all", "tests/test_a.py::TestMore::test_one"}
    assert rubric.suite(files, "tests", whole=True) == rubric.Run("fails", frozenset(names))
    assert len(rubric.suite(files, "tests").failed) == 1
    assert rubric.suite(files, "tests", without=names).outcome == "passes"
    assert rubric.suite(files, "tests", without=["tests/test_a.py::test_all"]).outcome == "fails"


TEXT = """\
Words, and `code`.

```bash server
python -m http.server --port 8123
```

~~~sh
echo "
```
"
~~~

| a | b |
|---|:-:|
| 1 | `x` |

```
| no | table |
```
"""


def test_blocks_and_tables_of_a_text() -> None:
    """Fences of both kinds, and no table within one."""
    assert [block.marks for block in rubric.blocks(TEXT)] == [("bash", "server"), ("sh",), ()]
    assert rubric.blocks(TEXT)[1].text == 'echo "\n```\n"\n'
    assert rubric.tables(TEXT) == [[["a", "b"], ["1", "`x`"]]]


def test_blocks_run_in_one_copy() -> None:
    """What one writes the next one reads, a server goes on, and each has a status."""
    server = "python -m http.server --bind 127.0.0.1 --directory out 8123\n"
    listed = [
        rubric.Block(("bash",), "mkdir out\necho here > out/a.txt\n"),
        rubric.Block(("bash", "server"), server),
        rubric.Block(("bash",), "curl -s --fail http://127.0.0.1:8123/a.txt\n"),
        rubric.Block(("bash",), "false\ntrue\n"),
    ]

    def answers(run: Any) -> bool:
        with run.client(8123) as client:
            return client.get("/a.txt").text == "here\n"

    done = rubric.run_blocks(listed, {}, answers, port=8123, seconds=30)
    assert done == rubric.Commands({0: 0, 2: 0, 3: 1}, {1: True})


DOCUMENT = {
    "components": {
        "schemas": {
            "Flight": {
                "type": "object",
                "properties": {"hour": {"type": "integer"}},
                "examples": [{"hour": 5}],
            },
            "Loop": {"$ref": "#/components/schemas/Loop"},
        }
    }
}


def test_examples_of_a_body() -> None:
    """Those of the media type and those of the schema that it refers to."""
    schema = {"$ref": "#/components/schemas/Flight"}
    media = {"schema": schema, "examples": {"one": {"value": {"hour": 6}}}, "example": {"hour": 7}}
    found = list(openapi.examples(DOCUMENT, media))
    assert found == [{"hour": 6}, {"hour": 5}, {"hour": 7}]
    assert all(openapi.fits(DOCUMENT, schema, each) for each in found)
    assert not openapi.fits(DOCUMENT, schema, {"hour": "5"})


def test_examples_of_properties() -> None:
    """An example of each property makes one of the whole."""
    schema = {"properties": {"hour": {"examples": [5]}, "name": {"example": "x"}}}
    assert list(openapi.examples({}, {"schema": schema})) == [{"hour": 5, "name": "x"}]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        7,
        {"type": 3},
        {"$ref": "#/nowhere"},
        {"$ref": "http://localhost:1/schema"},
        {"$ref": "#/components/schemas/Loop"},
    ],
)
def test_a_schema_that_is_none_fits_nothing(schema: Any) -> None:
    """Nothing of a candidate's document makes an error of ours, and nothing is fetched."""
    assert not openapi.fits(DOCUMENT, schema, {"hour": 5})
    assert list(openapi.examples(DOCUMENT, {"schema": schema})) == []
