"""Every file in the folders beside this one is one attack, graded by the real machinery.

Owns the format of those files and the running of them; what must hold after each is in
``conftest.py``. A file is py:percent text with a YAML comment block at its top (other
comments, such as why a score is not the default, follow after an empty line):

``about``
    One sentence: what is tried.
``scores``
    Exact scores; default ``{double: 0, triple: 10}``, and full marks for the class ``honest``.
``status``, ``says``
    Exact verdicts of tasks, and patterns that the reasons shown to the candidate must match.
``tampering``
    Whether the result must report tampering (default: not looked at; ``honest``: it must not).
``prints``
    A pattern that must be found in what the notebook's cells printed: the attack really ran.
``naive``
    A grader that runs its tests in the candidate's kernel gives this one the points; a slow test
    tries that, because an attack that works nowhere proves nothing.
``limits``
    Limits of the lab that differ from the arena's.
``prelude``
    A file in ``preludes/`` whose text is the notebook's first cell, before ``before``.
``slow``
    It takes more than about four seconds, such as waiting for a limit.

The cells: ``# %% before`` (at the top), ``# %% double`` and ``# %% triple`` (the tasks' cells),
``# %% after double`` (after that task's check), ``# %% check`` (in place of the lab's tests of
``double``, for an attack on tests of one kind), ``# %% file helper.py`` (handed in beside the
notebook), and ``# %% notebook``: Python that runs *here*, with ``notebook`` as the submitted
notebook's JSON, to tamper with it. ``__COURSE__``, ``__HOME__``, ``__REPO__`` and ``__PORT__``
stand for the host's places, ``__WON__`` for a word to print when the attack reached something that
holds no canary.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbgrader.utils import determine_grade
from pydantic import BaseModel, ConfigDict

from autograde import assemble
from autograde.catalog import Release
from autograde.testing import grade, hand_in
from autograde.verdict import Status

HERE = Path(__file__).parent
CLASSES = ("kernel", "notebook", "reading", "writing", "resources", "network", "link", "honest")
MARKER = re.compile(r"^# %% (.+)$", re.MULTILINE)
ZERO = "def double(x):\n    return 0"
NOTHING = {"double": 0, "triple": 10}


class Header(BaseModel):
    """The comment block at the top of an attack."""

    model_config = ConfigDict(extra="forbid")

    about: str
    scores: dict[str, float] | None = None
    status: dict[str, Status] = {}
    says: dict[str, str] = {}
    tampering: bool | None = None
    prints: str = ""
    naive: bool = False
    prelude: str = ""
    limits: dict[str, float] = {}
    slow: bool = False


@dataclass
class Attack:
    """One file, taken apart."""

    header: Header
    tasks: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    after: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    check: str = ""
    tamper: str = ""


def read(path: Path, place=str) -> Attack:
    """Take a file apart; ``place`` fills its placeholders in."""
    top, *parts = MARKER.split(place(path.read_text()))
    comment = "\n".join(line.removeprefix("# ") for line in top.partition("\n\n")[0].splitlines())
    attack = Attack(Header.model_validate(yaml.safe_load(comment)))
    if attack.header.prelude:
        attack.before.append((HERE / "preludes" / f"{attack.header.prelude}.py").read_text())
    for marker, text in zip(parts[::2], parts[1::2], strict=True):
        source = text.strip("\n")
        match marker.split():
            case ["before"]:
                attack.before.append(source)
            case [("double" | "triple") as name]:
                attack.tasks[name] = source
            case ["after", ("double" | "triple") as name]:
                attack.after[f"check_{name}"] = source
            case ["file", name]:
                attack.files[name] = f"{source}\n".encode()
            case ["check"]:
                attack.check = source
            case ["notebook"]:
                attack.tamper = source
            case _:
                raise ValueError(f"{path}: unknown cell {marker!r}")
    return attack


def says(path: Path, line: str) -> bool:
    """Whether a header has that line; a file that cannot be read fails when it is run, not here."""
    return f"\n# {line}\n" in path.read_text()


#: How an attack makes sure that it is confined, should somebody run it by hand.
GUARD = 'if socket.gethostname() != "sandbox":\n    raise RuntimeError('
#: Classes whose files take a second each and are many; the everyday part has the others.
SLOW = {"kernel", "link", "notebook", "resources"}


def each(kind: str):
    """The attacks of a class, slow ones marked."""
    return [
        pytest.param(
            p,
            id=p.stem,
            marks=[pytest.mark.slow] if kind in SLOW or says(p, "slow: true") else [],
        )
        for p in sorted((HERE / kind).glob("*.py"))
    ]


def handed_in(attack: Attack, release: Release, answers: dict[str, str]) -> dict[str, Any]:
    """The notebook of an attack as JSON; ``answers`` are those that it does not write itself."""
    tasks = {**answers, **attack.tasks}
    notebook = hand_in(release, tasks, before=attack.before, after=attack.after)
    exec(compile(attack.tamper, "<notebook>", "exec"), {"notebook": notebook})
    return notebook


def run(arena, path: Path, expected: dict[str, float], double: str = ZERO):
    """Hand the file in, grade it, and hold the result against its header and the arena's rules."""
    attack = read(path, arena.place)
    release = arena.lab(attack.check, **attack.header.limits)
    notebook = handed_in(attack, release, {**arena.honest, "double": double})
    result, graded = grade(release, notebook, attack.files)
    arena.check(result, graded)
    found = {v.task: v for v in result.verdicts}
    wanted = expected if attack.header.scores is None else attack.header.scores
    assert {name: v.score for name, v in found.items()} == wanted, result.verdicts
    for name, status in attack.header.status.items():
        assert found[name].status is status, found[name]
    for name, pattern in attack.header.says.items():
        assert re.search(pattern, found[name].reason), found[name]
    printed = "".join(o.get("text", "") for c in graded.cells for o in c.get("outputs", []))
    assert re.search(attack.header.prints, printed), printed
    if attack.header.tampering is not None:
        assert bool(result.tampering) == attack.header.tampering, result.tampering
    return result


@pytest.mark.parametrize("path", each("kernel"))
def test_tampering_inside_the_kernel_earns_nothing(arena, path):
    """Whatever is patched, hooked or traced over there, the checks are run here."""
    run(arena, path, NOTHING)


@pytest.mark.parametrize("path", each("notebook"))
def test_tampering_with_the_notebook_earns_nothing(arena, path):
    """Nothing but solution sources and own cells is taken from what was handed in."""
    run(arena, path, NOTHING)


@pytest.mark.parametrize("path", each("link"))
def test_a_hostile_conversation_earns_nothing(arena, path):
    """The far end may say what it likes: that task is lost, and nothing else."""
    run(arena, path, NOTHING)


def test_what_could_do_harm_runs_in_a_sandbox_only():
    """An attack on the host or on others gives up at once where nothing confines it."""
    harmful = [path for kind in ("network", "writing") for path in (HERE / kind).glob("*.py")]
    assert len(harmful) > 30
    unguarded = [path.name for path in harmful if GUARD not in path.read_text()]
    assert unguarded == []


@pytest.mark.parametrize("path", each("network"))
def test_nobody_is_reached_over_the_network(arena, path):
    """Neither the host nor the world can be spoken to, nor listen in."""
    run(arena, path, NOTHING)


@pytest.mark.parametrize("path", [*each("reading"), *each("writing")])
def test_nothing_of_the_host_is_read_or_written(arena, path):
    """Canaries are not found, nothing is changed, and the next submission is none the worse."""
    run(arena, path, NOTHING)
    arena.grade_honest()


@pytest.mark.parametrize("path", each("resources"))
def test_using_resources_up_costs_that_task_only(arena, path):
    """A limit ends the candidate's code; the grader and the next submission go on."""
    run(arena, path, NOTHING)
    arena.grade_honest()


@pytest.mark.parametrize("path", each("honest"))
def test_odd_but_honest_submissions_keep_every_point(arena, path):
    """Nobody loses a point, or is accused of anything, for an unusual way of being right."""
    result = run(arena, path, arena.full, arena.honest["double"])
    assert result.tampering == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem) for p in sorted(HERE.glob("*/*.py")) if says(p, "naive: true")],
)
def test_the_same_attacks_work_where_answers_and_tests_share_a_kernel(
    arena, path, tmp_path, monkeypatch
):
    """With nbgrader's own way of running and scoring a notebook they get the points."""
    attack = read(path, arena.place)
    release = arena.lab(attack.check)
    tree = handed_in(attack, release, {**arena.honest, "double": ZERO})
    notebook = nbformat.reads(json.dumps(tree), as_version=4)
    for cell in notebook.cells:
        grade_id = assemble.marks(cell).get("grade_id")
        cell.source = assemble.sources(release).tests.get(grade_id, cell.source)
    for name, content in {**release.private, **attack.files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=30, allow_errors=True, resources=where).execute()
    checks = [cell for cell in notebook.cells if assemble.is_test(cell)]
    assert [determine_grade(cell) for cell in checks] == [(10, 10), (10, 10)]


def test_every_attack_lies_in_a_class_of_its_own():
    """A folder that nothing runs would prove nothing."""
    folders = {p.parent.name for p in HERE.glob("*/*.py")}
    assert folders <= {*CLASSES, "preludes"}
