"""A project's folder is held against seven criteria, and may be as hostile as it likes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograde import cli, delivery, project, review, suite
from autograde.errors import SandboxError, UsageError

README = "# Delays\n\nPredicts whether a flight lands late.\n\n" + "Run `make serve`. " * 30
APP = '''"""The service."""

import logging

from fastapi import FastAPI

from app.model import score

log = logging.getLogger(__name__)
app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that it lives."""
    return {"status": "ok"}


@app.post("/predict/batch")
async def batch(hours: list[int]) -> list[float]:
    """Score each of them."""
    log.info("%d asked", len(hours))
    return [score(hour) for hour in hours]
'''
MODEL = '''"""The model."""


def score(hour: int) -> float:
    """Later is worse."""
    return hour / 24
'''
TESTS = """import asyncio

from app.main import batch, health


def test_health():
    assert asyncio.run(health()) == {"status": "ok"}


def test_batch():
    assert asyncio.run(batch([12])) == [0.5]
"""
WORKFLOW = """on:
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pip install pytest
      - run: pytest -q
"""
DOCKERFILE = """ARG VERSION=3.12
FROM python:${VERSION}-slim AS base
USER app
RUN <<END
USER root
END
FROM base
CMD ["uvicorn", \\
     "app.main:app", "--workers", "4"]
"""
GOOD = {
    "README.md": README,
    "app/__init__.py": "",
    "app/main.py": APP,
    "app/model.py": MODEL,
    "tests/test_app.py": TESTS,
    ".github/workflows/ci.yml": WORKFLOW,
    "Dockerfile": DOCKERFILE,
}
NAMES = [
    *("structure", "documentation", "testing", "ci", "container", "monitoring", "scalability"),
]


def written(folder: Path, files) -> Path:
    """Write a project."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.fixture
def judged(tmp_path):
    """What is said of one criterion of a project: its status, and its evidence as one text."""

    def judge(criterion, files, *, seconds=30.0):
        found = project.read(str(written(tmp_path, files)))
        judges = {name: judge for name, _, judge in review._RULES}
        status, evidence = judges[criterion](found, seconds)
        return status, "; ".join(evidence)

    return judge


def spoken(monkeypatch, capsys, *arguments):
    """Exit status, output and errors of ``autograde review``."""
    monkeypatch.setattr("sys.argv", ["autograde", "review", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    return ended.value.code or 0, said.out, said.err


# -- the whole ------------------------------------------------------------------------------------


def test_a_good_project_meets_all_seven(tmp_path, monkeypatch, capsys):
    """Each criterion is met, and its evidence names numbers and places."""
    code, out, _ = spoken(monkeypatch, capsys, written(tmp_path, GOOD))
    assert code == 0
    assert "7 criteria: 7 met, 0 not met, 0 not measured" in out
    for words in (
        "3 modules in 1 package",
        "longest function 4 lines (app/main.py:20)",
        "docstrings on 3 of 3 public functions and classes",
        "coverage 100.0 % of 14 statements",
        "2 tests passed, 0 skipped",
        "as measured in the sandbox",
        ".github/workflows/ci.yml runs pytest on pull_request",
        "Dockerfile: pinned base python:3.12-slim, USER app, starts something",
        "logging in 1 module: app/main.py:22",
        "/health in app/main.py:14",
        "async handlers 2: app/main.py:14, app/main.py:20",
        "batch endpoints 1: /predict/batch in app/main.py:20",
        "workers or replicas 1: Dockerfile:9",
    ):
        assert words in out


def test_an_empty_folder_meets_none(tmp_path, monkeypatch, capsys):
    """Nothing crashes, and what files cannot show is not called a failure."""
    code, out, _ = spoken(monkeypatch, capsys, "--json", tmp_path)
    said = json.loads(out)
    assert code == 0
    assert [one["name"] for one in said["criteria"]] == NAMES
    assert [one["status"] for one in said["criteria"]] == ["not met"] * 6 + ["not measured"]
    assert all(one["rule"] and one["evidence"] for one in said["criteria"])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://example.org/a/b.git", "an address is not fetched"),
        ("git@example.org:a/b", "an address is not fetched"),
        ("no-such-folder", "is no folder that can be read"),
        (__file__, "is no folder that can be read"),
    ],
)
def test_what_is_no_folder_is_refused_in_a_sentence(path, words, monkeypatch, capsys):
    """Exit status 2 and one line; nothing is fetched."""
    code, out, err = spoken(monkeypatch, capsys, path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_text_of_a_project_is_shown_as_text(tmp_path, monkeypatch, capsys):
    """Names and commands cannot colour, hide or move anything on the terminal."""
    image = "FROM \x1b[2Jpython:\x1b]0;mine\x07latest[bold]\nUSER a\n"
    files = {
        "[red]x[/red]:smile:.dockerfile": image,
        ".github/workflows/a.yml": "on: push\njobs: {a: {steps: [{run: 'echo \"\\u202e\"'}]}}",
    }
    written(tmp_path, files)
    (tmp_path / "odd\x1b[31m\n.py").write_text("x = 1\n")
    for arguments in ([], ["--json"]):
        _, out, _ = spoken(monkeypatch, capsys, *arguments, tmp_path)
        assert "[red]x[/red]:smile:.dockerfile: base without a version python:latest[bold]" in out
        assert not {"\x1b", "\x07", "\u202e"} & {*out}
    assert "with an unprintable name" in out


# -- hostile folders ------------------------------------------------------------------------------


def test_a_hostile_folder_is_read_within_its_limits(tmp_path, monkeypatch):
    """Links, pipes, huge files, depth and numbers are left out and named; memory stays small."""
    folder = written(tmp_path / "project", {"app.py": "x = 1\n", "deep/" * 30 + "a.py": "x = 1\n"})
    (folder / "passwd.py").symlink_to("/etc/passwd")
    (folder / "away").symlink_to("/etc")
    (folder / "round").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    with (folder / "huge.py").open("wb") as file:
        file.truncate(100_000_000)
    written(folder, {"null.py": "x = 1\0", "nest.py": "(" * 5000, "minus.py": "-" * 50_000 + "1"})
    written(folder, {"long.py": "x = 1\n" * 200_000, "env/pyvenv.cfg": "", "env/a.py": "x"})
    written(folder, {f"data/{n}.csv": "1" for n in range(30)})
    (folder / os.fsdecode(b"\xff.py")).write_text("x = 1\n")
    monkeypatch.setattr(project, "FOLDER_ENTRIES", 20)
    found = project.read(str(folder))
    assert [module.path for module in found.modules] == ["app.py"]
    assert not any("root:" in found.text(path) for path in found.files)
    assert set(found.left_out) == {
        *("links", "special files", "larger than 5 MB", "too deep", "not valid Python here"),
        *("too much Python to parse", "made by tools", "in folders with too many files"),
        "with an unprintable name",
    }
    assert found.left_out["links"] == ["away", "passwd.py", "round"]
    assert found.left_out["not valid Python here"] == ["minus.py", "nest.py", "null.py"]
    assert found.left_out["in folders with too many files"] == ["data"]
    assert sum(path.startswith("data/") for path in found.files) == 20


def test_data_does_not_use_up_the_limits_of_code(tmp_path, monkeypatch):
    """A folder of data that comes first by name leaves room for what is reviewed."""
    monkeypatch.setattr(project, "FILES_BYTES", 1000)
    files = {"a/data.csv": "1" * 900, "b/code.py": "x = 1\n" * 100}
    found = project.read(str(written(tmp_path, files)))
    assert [*found.files] == ["b/code.py"]
    assert found.left_out == {"beyond what is read of one project": ["a/data.csv"]}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "too many values"),
        ("a: &a [*a]", "an alias that stands for itself"),
        ("[" * 10_000, "nested too deeply"),
        ("- " * 10_000, "nested too deeply"),
        ("x" * 200_000, "longer than"),
        ("a: b: c", "not valid YAML"),
        ("? [1]\n: 2", "not valid YAML"),
        ("a: !!python/object/apply:os.getpid []\nb: !!int ''\nb: *c", "or for nothing"),
    ],
)
def test_yaml_has_limits(text, why, judged):
    """A bomb of aliases is not written out, and what it hides is not guessed."""
    with pytest.raises(delivery.Unreadable, match=why):
        delivery.load_yaml(text)
    status, evidence = judged("ci", {".github/workflows/a.yml": text})
    assert status == "not measured"
    assert why in evidence


def test_yaml_is_text_whatever_its_tags_say():
    """No tag makes an object, and an honest alias is no bomb."""
    text = "on: !!python/object/apply:os.getpid []\nb: &b [!!int '', 1]\nc: *b"
    assert delivery.load_yaml(text) == {"on": [], "b": ["", "1"], "c": ["", "1"]}


# -- testing --------------------------------------------------------------------------------------

slow = pytest.mark.slow  # each starts pytest in the sandbox

CODE = {"app.py": "def f(x):\n    return x\n"}


@slow
@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("import time\ntime.sleep(60)", "still running after 3 s"),
        ("import os\nos._exit(0)", "ended without a report (exit status 0)"),
        ("import os\nos.kill(-1, 9)", "ended the process that measures them"),
        ("def test_a():\n    assert 0", "of 1 tests, 1 failed and 0 had errors"),
        ("import nothing_like_this", "the sandbox has no module 'nothing_like_this'"),
        ("import pytest\n@pytest.mark.skip\ndef test_a():\n    pass", "no test passed; skipped: 1"),
        ("x = bytearray(4 << 30)", "1 had errors"),
    ],
)
def test_tests_that_cannot_be_measured_say_why(test, why, judged):
    """Hanging, ending the process, failing and missing libraries are no verdict on coverage."""
    seconds = 3 if "sleep" in test else 60
    files = {**CODE, "tests/test_a.py": test + "\n"}
    status, evidence = judged("testing", files, seconds=seconds)
    assert status == "not measured"
    assert why in evidence


@slow
def test_little_coverage_and_no_tests_are_not_met(judged, tmp_path):
    """What no test imports counts as well, in folders that are no packages too."""
    passing = {"tests/test_a.py": "from app import f\n\n\ndef test_a():\n    assert f(1) == 1\n"}
    assert judged("testing", CODE) == ("not met", "0 Python files of tests")
    status, evidence = judged("testing", {**CODE, **passing, "more/b.py": "x = 1\n"})
    assert (status, "66.6 % of 3 statements" in evidence) == ("not met", True)
    (tmp_path / "tests/test_a.py").write_text("x = 1\n")
    status, evidence = judged("testing", {})
    assert (status, "pytest found no test" in evidence) == ("not met", True)


@slow
def test_a_src_layout_and_options_of_absent_plugins_are_no_hindrance(judged):
    """What an installed project and its plugins would bring is not the project's fault."""
    files = {
        "src/pkg/__init__.py": "def f():\n    return 1\n",
        "tests/test_a.py": "import pkg\n\n\ndef test_a():\n    assert pkg.f() == 1\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--no-such-option -n 2'\n"
        "filterwarnings = ['error']\n[tool.coverage.run]\nomit = ['*']\n",
    }
    status, evidence = judged("testing", files)
    assert (status, "100.0 % of 2 statements" in evidence) == ("met", True)


def test_tests_run_on_a_copy_and_leave_nothing(tmp_path):
    """The folder, the host's files and its processes are as before."""
    mark = Path("/tmp/written-by-a-reviewed-project")
    test = (
        "import os, pathlib, subprocess, sys\n"
        f"for p in ({str(tmp_path)!r}, '/work', '/usr', '/etc', '/tmp'):\n"
        "    try:\n        pathlib.Path(p, 'written-by-a-reviewed-project').write_text('x')\n"
        "    except OSError:\n        pass\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(61.25)'])\n"
        "from app import f\n\n\ndef test_a():\n    f(1)\n"
        f"    assert not os.path.exists({str(tmp_path / 'app.py')!r})\n"
    )
    written(tmp_path, {**CODE, "tests/test_a.py": test})
    before = sorted(tmp_path.rglob("*"))
    said = suite.measure(project.read(str(tmp_path)).files, 30)
    assert (said.problem, said.passed, said.covered) == ("", 1, 2)
    assert sorted(tmp_path.rglob("*")) == before
    assert not any(Path(p, mark.name).exists() for p in ("/work", "/usr", "/etc", "/tmp"))
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "sleep(61.25)" not in running


def test_nothing_is_run_without_a_sandbox(monkeypatch, judged):
    """No sandbox is no reason to run the tests without one, nor to say nothing of the rest."""

    def refuse():
        raise SandboxError("none here")

    monkeypatch.setattr(suite.doctor, "require_sandbox", refuse)
    monkeypatch.setattr(suite.commands, "run", lambda *_, **__: pytest.fail("it was run"))
    status, evidence = judged("testing", GOOD)
    assert (status, "no sandbox here" in evidence) == ("not measured", True)


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"status": 0}',
        "[0]",
        '{"status": 0, "tests": 1e3, "failures": 0, "errors": 0, "skipped": 0, "covered": 1, '
        '"statements": 1}',
        '{"status": 0, "tests": 1, "failures": 0, "errors": 0, "skipped": 0, "covered": 2, '
        '"statements": 1}',
        '{"status": 0, "tests": true, "failures": 0, "errors": 0, "skipped": -1, "covered": NaN, '
        '"statements": 1}',
    ],
)
def test_a_forged_line_is_numbers_or_nothing(line):
    """A project may print what it likes; what cannot be true is not shown as a number."""
    assert suite._read(line, "").problem


# -- the other criteria ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "criterion", "status", "words"),
    [
        ({"app/long.py": "def f():\n" + "    x = 1\n" * 80}, "structure", "not met", "81 lines"),
        ({"app/vast.py": "x = 1\n" * 801}, "structure", "not met", "802 lines (app/vast.py)"),
        ({"app/__init__.py": None}, "structure", "not met", "2 modules in 0 packages"),
        ({"README.md": "short"}, "documentation", "not met", "README.md: 5 characters"),
        (
            {"app/bare.py": "class A:\n    def f(self): ...\n    def _g(self): ...\n"},
            *("documentation", "not met", "docstrings on 3 of 5 public functions and classes"),
        ),
        ({".github/workflows/ci.yml": None}, "ci", "not met", "no workflow"),
        (
            {".github/workflows/ci.yml": WORKFLOW.replace("pull_request", "schedule")},
            *("ci", "not met", "runs pytest on neither push nor pull_request"),
        ),
        (
            {".github/workflows/ci.yml": WORKFLOW.replace("- run: pytest -q", "- run: ruff check")},
            *("ci", "not met", "runs no test command on pull_request"),
        ),
        (
            {".github/workflows/ci.yml": WORKFLOW.replace("pytest -q", "./all.sh")},
            *("ci", "not measured", "runs a script that is not read on pull_request"),
        ),
        (
            {".github/workflows/ci.yml": None, ".gitlab-ci.yml": "a: 1"},
            *("ci", "not measured", "another service's, not read: .gitlab-ci.yml"),
        ),
        ({"Dockerfile": None}, "container", "not met", "no Dockerfile"),
        ({"Dockerfile": ""}, "container", "not met", "no FROM"),
        ({"Dockerfile": DOCKERFILE.replace("USER app", "USER 0:0")}, "container", "not met", "0:0"),
        (
            {"Dockerfile": DOCKERFILE.replace("USER app", "")},
            *("container", "not met", "no USER"),
        ),
        (
            {"Dockerfile": DOCKERFILE.replace("${VERSION}-slim", "latest")},
            *("container", "not met", "base without a version python:latest"),
        ),
        (
            {"Dockerfile": DOCKERFILE.replace("ARG VERSION=3.12", "ARG VERSION")},
            *("container", "not measured", "base in a variable"),
        ),
        (
            {"app/main.py": APP.replace("log.info", "np.log")},
            *("monitoring", "not met", "logging in 0 modules"),
        ),
        (
            {"app/main.py": APP.replace("/health", "/")},
            *("monitoring", "not met", "no metrics, no health"),
        ),
        (
            {"app/main.py": APP.replace("/health", "/"), "app/watch.py": "import statsd\n"},
            *("monitoring", "met", "statsd in app/watch.py:1"),
        ),
        (
            {"app/main.py": APP.replace("async def", "def"), "Dockerfile": None},
            *("scalability", "not measured", "batch endpoints 1"),
        ),
        (
            {"app/main.py": APP + "\ndef g():\n    global app\n"},
            *("scalability", "met", "state in a module, by a global statement: app/main.py:26"),
        ),
    ],
)
def test_each_rule_has_both_sides(changes, criterion, status, words, judged):
    """One change to the good project is what its criterion says."""
    files = {name: text for name, text in {**GOOD, **changes}.items() if text is not None}
    said, evidence = judged(criterion, files)
    assert (said, words in evidence) == (status, True), evidence


def test_reading_runs_nothing(tmp_path):
    """A module of the project's that would leave a trace when imported leaves none."""
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w').close()\n"
    folder = written(tmp_path / "p", {"setup.py": code, "conftest.py": code, "json.py": code})
    command = "from autograde import review; print(review.review('.', seconds=5).count('met'))"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", command], cwd=folder, capture_output=True, text=True
    )
    assert ended.stdout.strip() == "0", ended.stderr
    assert not trace.exists()


def test_an_unreadable_folder_is_a_usage_error():
    """A null byte in a path is no crash."""
    with pytest.raises(UsageError, match="no folder"):
        project.read("a\0b")
