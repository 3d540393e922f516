"""The lab junior-eda: its answers lose what they must, and its data are what its text says.

Runs the cells in plain namespaces, without kernels: what a check decides must follow from its code
alone. That the grading machinery comes to the same is for the audit to say.
"""

import ast
import importlib
import re
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import pandas as pd
import pytest
import yaml

from autograde import checks, source
from autograde import flights as source_of_flights
from autograde.source import Cell

ROOT = Path(__file__).parents[2]
LAB = ROOT / "solutions" / "junior-eda"
ANSWERS = sorted((LAB / "answers").glob("*.py"))
YAML = yaml.safe_load((LAB / "lab.yaml").read_text())
TASKS = YAML["tasks"]
POINTS = {f"{t['id']}.{part}": points for t in TASKS for part, points in t["parts"].items()}


@pytest.fixture(scope="module", autouse=True)
def modules() -> Iterator[None]:
    """Make the lab's ``data`` and ``hidden`` importable here, and other labs' unseen."""
    before = {name: sys.modules.pop(name, None) for name in ("data", "hidden")}
    sys.path.insert(0, str(LAB))
    yield
    sys.path.remove(str(LAB))
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


@pytest.fixture(scope="module")
def data(modules: None) -> ModuleType:
    """The lab's ``data.py``."""
    return importlib.import_module("data")


@pytest.fixture(scope="module")
def hidden(modules: None) -> ModuleType:
    """The lab's ``hidden.py``."""
    return importlib.import_module("hidden")


@pytest.fixture(scope="module")
def folder(data: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate's folder, with ``data/`` in it."""
    folder = tmp_path_factory.mktemp("lab")
    data.write(folder / "data")
    return folder


@pytest.fixture(autouse=True)
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test where a candidate would."""
    monkeypatch.chdir(folder)


CELLS = source.read_cells(LAB / "lab.py", ROOT)


def header(path: Path) -> dict[str, Any]:
    """Read the comment block at the top of an answer."""
    lines = path.read_text().split("\n# %%")[0].splitlines()
    return yaml.safe_load("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines))


def assemble(answer: Path | None) -> list[Cell]:
    """Put the cells of an answer in their places; None is the reference."""
    if answer is None:
        return CELLS
    tasks, extras = {}, {}
    for cell in jupytext.reads(answer.read_text(), fmt="py:percent").cells:
        if cell.cell_type == "code" and "task" in cell.metadata:
            tasks[cell.metadata["task"]] = cell.source
        elif cell.cell_type == "code":
            extras.setdefault(cell.metadata.get("after"), []).append(cell.source)
    out = []
    for cell in CELLS:
        task = cell.keys.get("task")
        if task:
            out += [Cell("code", {}, text) for text in extras.pop(None, [])]
        out.append(Cell(cell.type, cell.keys, tasks.pop(task, cell.source)))
        out += [Cell("code", {}, text) for text in extras.pop(task, [])] if task else []
    assert not tasks | extras, "a cell of the answer has no place"
    return out


def evaluate(text: str, space: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last line if that is an expression."""
    tree = ast.parse(text)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), space)
    if last is not None:
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
    return None


def grade(answer: Path | None) -> tuple[dict[str, float], dict[str, str]]:
    """Run an answer's notebook; return the points of each part, and why points were lost."""
    space: dict[str, Any] = {}
    points, reasons = {}, {}
    for cell in assemble(answer):
        if cell.type != "code":
            continue
        unit = cell.keys.get("check")
        try:
            value = evaluate(cell.source, space)
        except Exception as error:
            if unit is None:
                raise
            points[unit], reasons[unit] = 0.0, f"{type(error).__name__}: {error}"
            continue
        if unit is not None:
            points[unit] = POINTS[unit] if value is None else float(value)
            if points[unit] < POINTS[unit]:
                reasons[unit] = f"{points[unit]:.2f} of {POINTS[unit]}"
    return points, reasons


def lost(points: dict[str, float]) -> set[str]:
    """Tasks that have lost points."""
    return {unit.split(".")[0] for unit, got in points.items() if got < POINTS[unit]}


def right_answers() -> list[Path | None]:
    """Return the reference (None) and the answers that say they are right."""
    return [None, *(path for path in ANSWERS if header(path)["kind"] == "right")]


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda path: path.stem)
def test_answer_loses_what_it_says(answer: Path) -> None:
    """Each answer loses exactly the tasks that its header names, and nothing goes below 0."""
    points, reasons = grade(answer)
    assert lost(points) == set(header(answer).get("loses", [])), reasons
    assert all(0 <= got <= POINTS[unit] for unit, got in points.items())


def test_reference_earns_everything() -> None:
    """The reference solution has full points in every part that a program checks."""
    points, reasons = grade(None)
    assert points == {u: p for u, p in POINTS.items() if u != "findings.memo"}, reasons


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", right_answers(), ids=lambda path: path.stem if path else "reference"
)
def test_right_answers_never_fail(answer: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On twenty other sets of seeds the right answers lose nothing: no check is flaky."""
    for seed in range(1, 21):
        monkeypatch.setattr(checks, "_seed", seed)
        points, reasons = grade(answer)
        assert not lost(points), (seed, reasons)


LAZY = {
    "always raises": lambda *args: 1 / 0,
    "returns its first argument": lambda *args: args[0],
    "returns None": lambda *args: None,
    "returns an empty dict": lambda *args: {},
    "returns an empty list": lambda *args: [],
    "returns a pair": lambda *args: (pd.DataFrame(), pd.DataFrame()),
    "returns an empty frame of anomalies": lambda *args: pd.DataFrame(
        {"table": [], "row_id": [], "reason": []}
    ),
    "returns every flight as a fault": lambda tables, *args: pd.DataFrame(
        {"table": "flights", "row_id": tables["flights"]["row_id"], "reason": "delay"}
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("lazy", LAZY.values(), ids=LAZY.keys())
def test_lazy_answers_earn_little(lazy: Any, hidden: ModuleType) -> None:
    """No hidden check gives full points to a function that does no work, few give any."""
    for name in (cell.grade_id for cell in CELLS if "check" in cell.keys):
        (check,) = [
            line.split("hidden.")[1].split("(")[0]
            for cell in CELLS
            if cell.grade_id == name
            for line in cell.source.splitlines()
            if "hidden." in line
        ]
        try:
            earned = getattr(hidden, check)(lazy)
        except Exception:
            continue
        assert (1 if earned is None else earned) <= 0.05, check


TEXT = "\n".join(cell.source for cell in CELLS if cell.type == "markdown")


def test_points_in_checks_are_those_of_lab_yaml() -> None:
    """A check that earns in proportion gets its part's points, and the text above it names them."""
    for above, cell in pairwise(CELLS):
        if "check" not in cell.keys:
            continue
        points = POINTS[cell.keys["check"]]
        found = re.search(r"points=(\d+)\)", cell.source)
        assert found is None or float(found[1]) == points
        if above.type == "markdown":
            assert f"{points} points" in above.source.replace("\n", " "), cell.name


def test_points_and_minutes_in_the_text_are_those_of_lab_yaml() -> None:
    """Table, headings, the line about the core and lab.yaml agree, and the minutes are honest."""
    table = {
        line.split("|")[1].strip(): [int(cell) for cell in line.split("|")[3:5]]
        for line in TEXT.splitlines()
        if re.match(r"\| \d( ★)? \|", line)
    }
    assert len(table) == len(TASKS)
    for number, task in enumerate(TASKS, start=1):
        star = " ★" if task.get("core") else ""
        (heading,) = re.findall(rf"^## Task {number}\D.*", TEXT, re.MULTILINE)
        assert heading.startswith(f"## Task {number}{star} ·")
        assert heading.endswith(f"· {task['points']} points · {task['minutes']} minutes")
        assert table[f"{number}{star}"] == [task["points"], task["minutes"]]
    assert sum(task["points"] for task in TASKS) == 100

    (reading,) = map(int, re.findall(r"reading as far as task 1\* \| \| (\d+) \|", TEXT))
    core = [task for task in TASKS if task.get("core")]
    points = sum(task["points"] for task in core)
    minutes = reading + sum(task["minutes"] for task in core)
    assert f"**core: {points} points in about {minutes} minutes**" in TEXT
    everything = reading + sum(task["minutes"] for task in TASKS)
    assert f"six take about {everything} minutes" in TEXT.replace("\n", " ")
    assert f"**A session of {YAML['minutes']} minutes" in TEXT
    assert minutes < YAML["minutes"]  # the core fits


# --- data ----------------------------------------------------------------------------------------

SEEDS = [3, 17, 2**31 - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_same_seed_same_data(seed: int, data: ModuleType) -> None:
    """A variant is a function of its seed, and other seeds give other codes."""
    one, two = data.make(seed, flights=500), data.make(seed, flights=500)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])
    pd.testing.assert_frame_equal(one.planted, two.planted)
    other = data.make(seed + 1, flights=500)
    assert set(one.tables["flights"]["origin"]) != set(other.tables["flights"]["origin"])


def test_written_twice_same_bytes(data: ModuleType, folder: Path, tmp_path: Path) -> None:
    """The candidate's files are the same bytes every time, and small."""
    data.write(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert {file.stem for file in files} == {
        "flights", "planes", "weather", "airports", "airlines", "joined",
    }  # fmt: skip
    for file in files:
        assert file.read_bytes() == (folder / "data" / file.name).read_bytes()
    assert sum(file.stat().st_size for file in files) < 4_000_000


def test_files_read_as_made(data: ModuleType) -> None:
    """The loading cell gives the tables that were made, dtypes included."""
    space: dict[str, Any] = {}
    first = next(cell for cell in CELLS if "def load_tables" in cell.source)
    exec(first.source, space)
    made = data.make(data.PUBLIC_SEED, flights=20_000, months=3, faults=40).tables
    for name, table in space["load_tables"]().items():
        pd.testing.assert_frame_equal(table, made[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_as_the_text_says(seed: int, data: ModuleType) -> None:
    """Row ids are unique, lookups repeat only exact copies, a tenth of flights lacks a plane."""
    case = data.make(seed)
    tables = case.tables
    for name in ("flights", "weather"):
        assert tables[name]["row_id"].is_unique
    weather = tables["weather"].drop(columns="row_id").drop_duplicates()
    assert not weather.duplicated(["origin", "time_hour"]).any()
    assert len(weather) < len(tables["weather"])
    planes = tables["planes"].drop_duplicates().dropna(subset="tailnum")
    assert planes["tailnum"].is_unique
    assert len(planes) < len(tables["planes"])
    assert tables["planes"]["tailnum"].isna().sum() == 2
    assert tables["airports"]["faa"].is_unique
    assert tables["flights"]["origin"].nunique() == 3
    flights = tables["flights"]
    local = flights["time_hour"].dt.tz_convert("America/New_York").dt.hour
    assert (local == flights["hour"]).all()
    assert 0.05 < (~flights["tailnum"].isin(planes["tailnum"])).mean() < 0.3
    assert len(data.joined(tables)) == len(flights)
    codes = {*flights["carrier"], *flights["origin"], *flights["dest"], *tables["airports"]["faa"]}
    assert not codes & {"NA", "NAN", "NULL", "NONE"}
    assert all(re.fullmatch(r"[A-Z]\d[A-Z]?", code) for code in codes)  # never an IATA airport
    real = {
        *source_of_flights.table("airlines")["carrier"],
        *source_of_flights.table("airports")["faa"],
    }
    assert not codes & real


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_faults_are_all_there_are(seed: int, data: ModuleType) -> None:
    """The rules of the text find the planted faults and nothing else, so truth and text agree."""
    space: dict[str, Any] = {}
    for cell in CELLS:
        if cell.source.startswith(("import io", "LIMITS")) or cell.keys.get("task") == "anomalies":
            exec(cell.source, space)
    case = data.make(seed)
    found = set(space["anomalies"](case.tables).itertuples(index=False, name=None))
    assert found == set(case.planted.itertuples(index=False, name=None))


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_days_are_all_there_are(seed: int, data: ModuleType) -> None:
    """Storm days are those with many cancellations, as the text says, and no fault is in them."""
    case = data.make(seed)
    flights = case.tables["flights"].set_index("row_id")
    day = [flights["month"], flights["day"]]
    duplicates = case.planted.loc[case.planted["reason"] == "duplicate", "row_id"]
    share = flights.drop(duplicates[duplicates.isin(flights.index)])
    share = share["dep_time"].isna().groupby([share["month"], share["day"]]).transform("mean")
    assert set(share.index[share >= 0.30]) == set(case.storm)
    storms = flights.loc[case.storm]
    assert storms["dep_time"].isna().mean() > 0.4
    assert storms["arr_delay"].groupby([level.loc[case.storm] for level in day]).median().max() > 60
    faults = case.planted.loc[case.planted["table"] == "flights", "row_id"]
    assert not set(case.storm) & set(faults)


def test_storms_of_the_source_are_storms(data: ModuleType) -> None:
    """In February the days of the real blizzard count as well as the planted day."""
    case = data.make(data.PUBLIC_SEED, flights=20_000, months=3, faults=40)
    flights = case.tables["flights"].set_index("row_id").loc[case.storm]
    assert {(2, 8), (2, 9)} < set(zip(flights["month"], flights["day"], strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_rule_is_decided_by_rounding(seed: int, data: ModuleType, hidden: ModuleType) -> None:
    """Speeds and temperatures keep away from their bounds, as the text promises."""
    case = data.make(seed)
    flights, weather = case.tables["flights"], case.tables["weather"]
    flown = flights[flights["air_time"] > 0]
    speed = flown["distance"] / (flown["air_time"] / 60)
    assert not speed.between(779, 781).any()
    weather = weather.drop_duplicates(["origin", "time_hour"])
    weather = weather.sort_values(["origin", "time_hour"])
    jumps = [weather["temp"].sub(weather["temp"].shift(k)).abs() for k in (1, -1)]
    assert not (pd.concat(jumps, axis=1).min(axis=1).between(24.99, 25.01)).any()
    joined = data.joined(case.tables)
    clear = hidden._clear(joined, 30)
    assert len(joined.columns) - len(clear.columns) <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_simpson_case_turns_the_ranking(seed: int, data: ModuleType) -> None:
    """Plainly AAA looks worse, at every common carrier BBB is worse."""
    flights = data.simpson(seed).dropna(subset="arr_delay")
    late = flights["arr_delay"] > 15
    plain = late.groupby(flights["origin"]).mean()
    assert plain["AAA"] > plain["BBB"]
    cells = late.groupby([flights["carrier"], flights["origin"]]).mean().unstack().dropna()
    assert (cells["AAA"] < cells["BBB"]).all()
    assert len(cells) == 2


def test_making_a_variant_is_fast(data: ModuleType) -> None:
    """A hidden variant costs little once the tables are in memory (1.5 s allowed, 0.1 s seen)."""
    data.make(1)
    start = time.process_time()
    data.make(2)
    assert time.process_time() - start < 1.5
