"""What holds for every lab: its text and lab.yaml agree, right answers never fail, lazy ones do."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from autograde import catalog, checks

ROOT = catalog.root(Path(__file__).parent)
# Where checks run servers and suites of tests, a grading takes a minute. The audit of `make test`
# grades reference and right answers of every lab; the rest is in such a lab's own tests.
QUICK = [name for name in catalog.names(ROOT) if catalog.load(name, ROOT).limits.seconds < 300]


@pytest.mark.parametrize("name", catalog.names(ROOT))
def test_all_points_speak_for_a_competency(name: str) -> None:
    """A scorecard can sum every lab's points by competency, and a sum is not of one task each."""
    tasks = catalog.load(name, ROOT).tasks
    spoken = [task.competency_of(part) for task in tasks for part in (task.parts or {None: 0})]
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", word) for word in spoken)
    assert 3 <= len(set(spoken)) < len(spoken)


@pytest.mark.parametrize("lab", QUICK, indirect=True, scope="module")
def test_reference_earns_everything(lab: Any) -> None:
    """The reference solution has full points in every part that a program checks."""
    points, reasons = lab.grade(None)
    assert not reasons
    automatic = {cell.keys["check"] for cell in lab.cells if "check" in cell.keys}
    assert points == {unit: lab.points[unit] for unit in automatic}


@pytest.mark.slow
@pytest.mark.parametrize("lab", QUICK, indirect=True, scope="module")
def test_right_answers_never_fail(lab: Any, tmp_path: Any) -> None:
    """On other sets of seeds the right answers lose nothing: no check is flaky."""
    lab.build(tmp_path)
    for answer in (None, *lab.right_answers(tmp_path)):
        for seed in range(1, 5):
            checks._begin(seed)
            _, reasons = lab.grade(answer)
            assert not reasons, (answer and answer.name, seed)


LAZY = {
    "always raises": lambda *args, **kwargs: 1 / 0,
    "returns its first argument": lambda *args, **kwargs: args[0],
    "returns its last argument": lambda *args, **kwargs: args[-1],
    "returns None": lambda *args, **kwargs: None,
    "returns True": lambda *args, **kwargs: True,
    "returns nothing at all": lambda *args, **kwargs: {},
    "returns an empty list": lambda *args, **kwargs: [],
    "returns a half": lambda *args, **kwargs: 0.5,
    "returns a pair": lambda *args, **kwargs: (pd.DataFrame(), pd.DataFrame()),
    "returns an empty frame of anomalies": lambda *args, **kwargs: pd.DataFrame(
        {"table": [], "row_id": [], "reason": []}
    ),
    "returns every flight as a fault": lambda tables, *args, **kwargs: pd.DataFrame(
        {"table": "flights", "row_id": tables["flights"]["row_id"], "reason": "delay"}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("lazy", LAZY.values(), ids=LAZY.keys())
def test_lazy_answers_earn_nothing(lazy: Any, lab: Any) -> None:
    """No hidden test gives points worth a mention to a function that does no work."""
    for unit, share in lab.hidden_alone(lazy):
        assert share <= 0.05, unit


def test_points_in_checks_are_those_of_lab_yaml(lab: Any) -> None:
    """A check that earns in proportion gets its part's points, and the text above it names them."""
    for above, cell in pairwise(lab.cells):
        if "check" not in cell.keys:
            continue
        points = lab.points[cell.keys["check"]]
        found = re.search(r"points=(\d+)\)", cell.source)
        assert found is None or float(found[1]) == points
        if above.type == "markdown":
            assert f"{points:g} points" in above.source.replace("\n", " "), cell.name


def test_points_and_minutes_in_the_text_are_those_of_lab_yaml(lab: Any) -> None:
    """Table, headings, the line about the core and lab.yaml agree, and the minutes are honest."""
    about, text = lab.about, lab.text
    table = {
        line.split("|")[1].strip(): [int(cell) for cell in line.split("|")[3:5]]
        for line in text.splitlines()
        if re.match(r"\| \d( ★)? \|", line)
    }
    assert len(table) == len(about.tasks)
    for number, task in enumerate(about.tasks, start=1):
        star = " ★" if task.core else ""
        (heading,) = re.findall(rf"^## Task {number}\D.*", text, re.MULTILINE)
        assert heading.startswith(f"## Task {number}{star} ·")
        assert heading.endswith(f"· {task.points:g} points · {task.minutes:g} minutes")
        assert table[f"{number}{star}"] == [task.points, task.minutes]
    assert about.points == 100

    (reading,) = map(int, re.findall(r"reading as far as task 1\* \| \| (\d+) \|", text))
    core = [task for task in about.tasks if task.core]
    points, minutes = sum(t.points for t in core), reading + sum(t.minutes for t in core)
    assert f"**core: {points:g} points in about {minutes:g} minutes**" in text
    assert 45 <= points <= 60
    everything = reading + sum(task.minutes for task in about.tasks)
    number = {5: "five", 6: "six"}[len(about.tasks)]
    assert f"{number} take about {everything:g} minutes" in text.replace("\n", " ")
    assert f"{about.points:g} points · {number} tasks**" in text
    assert f"**A session of {about.minutes:g} minutes" in text
    assert minutes < about.minutes  # the core fits


def test_written_twice_same_bytes(lab: Any, tmp_path: Any) -> None:
    """The candidate's files are the same bytes every time, and small."""
    lab.data.write(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert files
    for file in files:
        assert file.read_bytes() == (lab.folder / "data" / file.name).read_bytes()
    assert sum(file.stat().st_size for file in files) < 4_000_000
