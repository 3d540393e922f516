"""What the hidden checks of mid-serving believe about right and wrong services.

What holds for every lab is in ``test_labs.py``; that each answer gets its points is what
``autograde audit`` says.
"""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograde import checks

pytestmark = pytest.mark.parametrize("lab", ["mid-serving"], indirect=True, scope="module")
slow = pytest.mark.slow

Files = dict[str, bytes]
ALWAYS = b"def test_nothing():\n    assert True\n"


@pytest.fixture
def part(lab: Any) -> Callable[[str], Any]:
    """A module of the lab's, by name."""
    return importlib.import_module


def app_of(files: Mapping[str, bytes]) -> Files:
    """The service alone."""
    return {path: text for path, text in files.items() if path.startswith("service/")}


def edited(part: Any, was: str, becomes: str) -> Files:
    """Our service with one place changed."""
    variants = part("variants")
    return dict(variants.edited(variants.service(), was, becomes))


def points(
    function: Callable[..., checks.Earned], files: Files, most: float, seed: int = 5
) -> float:
    """What a check gives; nothing if it says that the answer is wrong."""
    checks._begin(seed)
    try:
        return float(function(files, most))
    except checks.Wrong:
        return 0.0


PARTS = {"contract": 4, "refused": 8, "batch": 3, "failures": 3, "log": 2}


@pytest.mark.parametrize("which", ["reference", "equivalent"])
@pytest.mark.parametrize("name", PARTS)
def test_both_services_keep_the_contract(part: Any, which: str, name: str) -> None:
    """The service that suites are run on, and its equivalent, lose nothing in task 1."""
    files = app_of(getattr(part("variants"), which)())
    assert points(getattr(part("hidden"), name), files, PARTS[name]) == PARTS[name]


@slow
@pytest.mark.parametrize("seed", [1, 2])
def test_right_answers_lose_nothing_on_other_inputs(
    part: Any, lab: Any, seed: int, tmp_path: Path
) -> None:
    """Reference and right answers keep all points wherever inputs are drawn and no time counts."""
    lab.build(tmp_path)
    for answer in (None, *lab.right_answers(tmp_path)):
        files = lab.files(answer)
        for name, most in {**PARTS, "design": 8, "openapi": 3, "table": 3}.items():
            earned = points(getattr(part("hidden"), name), files, most, seed)
            assert earned == most, (answer and answer.name, name)


def test_every_bad_request_has_its_own_words(part: Any) -> None:
    """There are at least two dozen kinds, and a reason tells one from another."""
    kinds = [
        f"{bad.ask.path} {bad.kind}"
        for bad in part("bad_requests").listed(np.random.default_rng(1))
    ]
    assert len(kinds) >= 24
    assert len(set(kinds)) == len(kinds)


def test_every_fault_fits_the_reference(part: Any) -> None:
    """The twelve edits apply, and each makes another file under the same names."""
    variants = part("variants")
    right = variants.reference()
    made = [variants.mutant(fault) for fault in variants.MUTANTS]
    assert len({tuple(app_of(files).values()) for files in [right, *made]}) == 13
    assert all(list(files) == list(right) for files in made)


def test_a_fault_that_does_not_fit_is_told(part: Any) -> None:
    """A reference that was changed under the faults is an author's mistake, not a candidate's."""
    variants = part("variants")
    with pytest.raises(ValueError, match="0 places"):
        variants.mutant(variants.Mutant("a fault", [("no such line", "")]))


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [
        ("contract", "values: list[float] = found.tolist()", "values = found.round(4).tolist()"),
        ("refused", "ConfigDict(strict=True, extra", "ConfigDict(extra"),
        ("batch", "value in found]", "value in sorted(found)]"),
        ("failures", "except Exception as error:\n            raise P",
         "except OSError as error:\n            raise P"),
        ("log", '"request_id": request_id.get(),\n            **',
         '"id": request_id.get(),\n            **'),
        ("design", "    model: DelayModel = request.app.state.model\n",
         "    model = DelayModel.load('data/model.npz')\n"),
        ("lint", "    logs.set_up()\n", "    logs.set_up()\n    import os\n"),
        ("openapi", "json_schema_extra={\"examples\": [FLIGHT]}", "title='Flight'"),
        # pydantic then leaves the bounds out of the schema
        ("openapi", "Field(ge=0, le=23), BeforeValidator(whole)",
         "BeforeValidator(whole), Field(ge=0, le=23)"),
        ("openapi", "ConfigDict(strict=True, extra", "ConfigDict(extra"),
    ],
)  # fmt: skip
def test_a_fault_costs_points_where_it_is(part: Any, name: str, was: str, becomes: str) -> None:
    """A service with one fault earns less in the part that asks for it."""
    files = edited(part, was, becomes)
    assert points(getattr(part("hidden"), name), files, 8) < 8


def test_a_rounded_probability_is_judged_in_its_place(part: Any) -> None:
    """It costs where the exact one is asked for, and nothing in the other parts."""
    values = "values: list[float] = found.tolist()"
    files = edited(part, values, "values = found.round(3).tolist()")
    for name in ("refused", "failures", "log"):
        assert points(getattr(part("hidden"), name), files, 8) == 8
    for name in ("contract", "batch"):
        assert points(getattr(part("hidden"), name), files, 8) < 6


NONE = {
    "no Python": "def create_app(:\n",
    "ends at import": "raise SystemExit(0)\n",
    "ends at its start": "import os\n\n\ndef create_app():\n    os._exit(0)\n",
    "has no routes": "from fastapi import FastAPI\n\n\ndef create_app():\n    return FastAPI()\n",
    "is never ready": "import time\n\n\ndef create_app():\n    time.sleep(1000)\n",
    "takes all memory": "def create_app():\n    return [bytearray(10**8) for _ in range(1000)]\n",
    "prints without end": "while True:\n    print('x' * 1000)\n",
}


QUICK = ("contract", "refused", "batch", "failures", "log", "health", "lint", "design", "openapi")
RACES = ("batch_speed", "concurrent", "types")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(pytest.param(NONE["no Python"], name, id=f"no Python-{name}") for name in QUICK),
        *(pytest.param(NONE[n], "batch_speed", id=n, marks=slow) for n in NONE),
        *(pytest.param(NONE["has no routes"], name, marks=slow) for name in (*QUICK, *RACES)),
    ],
)
def test_a_service_that_is_none_earns_nothing(part: Any, text: str, name: str) -> None:
    """Files that do not start, or answer nothing, get no points and no error of ours."""
    files = {"service/__init__.py": b"", "service/app.py": text.encode()}
    assert points(getattr(part("hidden"), name), files, 8) == 0


def test_a_service_that_dies_costs_only_what_it_cannot_answer(part: Any) -> None:
    """One that ends at its third request has a reason and no points for what comes after."""
    was = "        started = time.perf_counter()\n        headers"
    count = "        self.n = getattr(self, 'n', 0) + 1\n"
    count += "        if self.n > 2:\n            __import__('os')._exit(1)\n"
    files = edited(part, was, count + was)
    checks._begin(5)
    earned = part("hidden").contract(files, 4)
    assert 0 < earned < 2
    assert "yours gave none" in earned.reason


EVERY = {
    "crashes": "        __import__('os')._exit(1)\n",
    "leaks memory": "        self.n.append(bytearray(300_000_000))\n",
    "answers slowly": "        time.sleep(6)\n",
    "prints": "        print(str(self.n) * 1_000_000)\n",
}


@slow
@pytest.mark.parametrize("fault", EVERY)
def test_a_service_that_goes_wrong_later_has_a_reason(part: Any, fault: str) -> None:
    """Whatever it does from its third request on, a check ends and says what was seen."""
    was = "        started = time.perf_counter()\n        headers"
    count = "        self.n = getattr(self, 'n', [])\n        self.n.append(0)\n"
    count += "        if len(self.n) > 2:\n" + "    ".join(["", *EVERY[fault].splitlines(True)])
    files = edited(part, was, count + was)
    checks._begin(5)
    earned = part("hidden").contract(files, 4)
    # Printing is no fault of the answers; all else is seen, with words for it.
    assert (earned < 4, bool(earned.reason)) == ((False, False) if fault == "prints" else (True, True))


README = """\
# Delays

```bash
python -c "print(1)"
python -m pytest --version
```

```bash server
python -m uvicorn --factory service.app:create_app --port 8000
```

| code | status |
|---|---|
| `malformed` | 400 |
| `not_found` | 404 |
| `method_not_allowed` | 405 |
| `too_large` | 413 |
| `unsupported` | 415 |
| `invalid` | 422 |
| `internal` | 500 |
| `model_failure` | 503 |
"""


@pytest.mark.parametrize(
    ("name", "was", "becomes", "share"),
    [
        ("table", "", "", 1.0),
        ("table", "| 404", "| 500", 0.75),
        ("commands_of_readme", "", "", 1.0),
        ("commands_of_readme", "pytest --version", "pytest -q tests", 1.0),  # there are none yet
        ("commands_of_readme", "print(1)", "raise SystemExit(3)", 0.5),
        ("commands_of_readme", "service.app:create_app", "service.app:app", 0.5),
        ("commands_of_readme", "bash server", "bash", 0.0),
    ],
)
def test_a_readme_counts_by_what_it_does(
    part: Any, name: str, was: str, becomes: str, share: float
) -> None:
    """Commands that fail, and rows that disagree with the service, cost their share."""
    text = README.replace(was, becomes) if was else README
    own = app_of(part("variants").reference())
    files = {**own, "tests/__init__.py": b"", "README.md": text.encode()}
    assert points(getattr(part("hidden"), name), files, 4) == 4 * share


@pytest.mark.parametrize(
    "text",
    [
        b"def test_wrong(:\n",
        b"raise SystemExit(1)\n",
        b"from service.schemas import Flight\n",
        b"x = 1\n",
    ],
)
def test_a_suite_must_run_on_what_is_right(part: Any, text: bytes) -> None:
    """Tests that cannot be run on our service earn nothing, with a reason."""
    checks._begin(5)
    with pytest.raises(checks.Wrong, match="your suite"):
        part("hidden").suite({"tests/test_service.py": text}, 15)


@slow
def test_the_reference_finds_every_fault(part: Any, lab: Any) -> None:
    """The suite in the lab's solution passes on both right services and fails on all twelve."""
    (cell,) = [cell for cell in lab.cells if "%%writefile tests/test_service.py" in cell.source]
    lines = cell.source.splitlines()[1:]
    text = "\n".join(line for line in lines if not line.startswith("###"))
    assert points(part("hidden").suite, {"tests/test_service.py": text.encode()}, 15) == 15


@slow
@pytest.mark.parametrize(
    "text",
    [
        ALWAYS,
        b"import os\n\nos._exit(0)\n",
        ALWAYS + b"\n\nimport shutil\n\nshutil.rmtree('service')\nshutil.rmtree('tests')\n",
        # it looks at how it is run
        b"import sys\n\n\ndef test_it():\n    assert '-x' not in sys.argv\n",
        b"import random\n\n\ndef test_it():\n    assert random.random() < 0.3\n",
    ],
)
def test_a_suite_that_always_passes_finds_nothing(part: Any, text: bytes) -> None:
    """Passing everywhere, by whatever means, is worth nothing."""
    assert points(part("hidden").suite, {"tests/test_service.py": text}, 15) == 0


WRONG_PLACE = {
    "a loop over the flights": (
        "np.asarray(model.predict(rows), float)",
        "np.asarray([model.predict([row])[0] for row in rows], float)",
    ),
    "a load for each request": (
        "    model: DelayModel = request.app.state.model\n",
        "    model = DelayModel.load('data/model.npz')\n",
    ),
    "a prediction in the event loop": ("await to_thread.run_sync(predict)", "predict()"),
}


@slow
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("batch_speed", "a loop over the flights"),
        ("batch_speed", "a load for each request"),
        ("concurrent", "a load for each request"),
        ("concurrent", "a prediction in the event loop"),
        ("health", "a prediction in the event loop"),
    ],
)
def test_slow_services_are_seen(part: Any, name: str, fault: str) -> None:
    """Work done twice, or in the wrong place, costs more than half of the points."""
    files = edited(part, *WRONG_PLACE[fault])
    assert points(getattr(part("hidden"), name), files, 10) < 5


@slow
@pytest.mark.parametrize("which", ["reference", "equivalent"])
@pytest.mark.parametrize("name", ["batch_speed", "concurrent", "health"])
def test_right_services_are_quick_enough(part: Any, which: str, name: str) -> None:
    """Neither of the two right services loses a point to the noise of the machine."""
    files = app_of(getattr(part("variants"), which)())
    assert points(getattr(part("hidden"), name), files, 10) == 10


@slow
def test_types_are_asked_of_the_service_alone(part: Any) -> None:
    """Our service has no finding, and one function without types is one kind."""
    right = part("variants").reference()
    assert points(part("hidden").types, app_of(right), 5) == 5
    files = edited(part, "def create_app() -> FastAPI:", "def create_app():")
    assert points(part("hidden").types, files, 5) == 4


@slow
def test_a_test_that_is_too_strict_costs_little(part: Any) -> None:
    """It is left out and costs as much as one fault; what the others find counts."""
    text = """\
import pytest
from fastapi.testclient import TestClient

from service.app import create_app

FLIGHT = {"carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400}


@pytest.fixture
def client():
    with TestClient(create_app(), raise_server_exceptions=False) as made:
        yield made


def test_unknown_key(client):
    assert client.post("/predict", json={**FLIGHT, "gate": 1}).status_code == 422


def test_text_for_a_number(client):
    assert client.post("/predict", json={**FLIGHT, "hour": "17"}).status_code == 422


def test_words(client):
    assert client.get("/x").json()["error"]["message"] == "nothing there"
"""
    tests = {"tests/test_service.py": text.encode()}
    assert points(part("hidden").suite, tests, 12) == 1
    without = text[: text.index("def test_words")]
    assert points(part("hidden").suite, {"tests/test_service.py": without.encode()}, 12) == 2


@slow
def test_a_suite_that_hangs_earns_nothing(part: Any) -> None:
    """It is ended after its 20 seconds, with a reason."""
    checks._begin(5)
    text = b"def test_nothing():\n    while True:\n        pass\n"
    with pytest.raises(checks.Wrong, match="20 seconds"):
        part("hidden").suite({"tests/test_service.py": text}, 15)


def test_the_text_says_what_is_measured(part: Any, lab: Any) -> None:
    """Rules, bounds and times that the candidate reads are those of the checks."""
    measured = part("measured")
    code = "\n".join(cell.source for cell in lab.cells if cell.type == "code")
    text = lab.text.replace("\n", " ")
    assert f'rules = "{measured.RULES}"' in code
    assert f"{measured.FULL_AT:g} times our time earns all points, {measured.ZERO_AT:g} times" in text
    assert f"may take {measured.RUN:g} seconds" in text
    assert f"two at a time, {measured.RUNS:g};" in text
    assert f"all of them {15 * measured.STRICT / len(part('variants').MUTANTS):g} at most" in text
    batch = max(measured.REQUESTS)
    assert f"three requests for one flight and one for a batch of {batch}" in text


def test_module_names_are_the_labs_own(part: Any, lab: Any) -> None:
    """No module of the lab is named like one that the candidate or the grader imports."""
    folder = Path(part("hidden").__file__).parent
    names = {path.stem for path in folder.glob("*.py")}
    assert not names & {"service", "tests", "requests", "app"}
