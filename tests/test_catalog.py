"""What lab.yaml may say, and what a release holds."""

import json
import pickle
from pathlib import Path

import pytest

from autograde import catalog
from autograde.catalog import Part
from autograde.errors import LabError, UsageError

YAML = """\
title: {ko: 예, en: Example}
summary: {ko: 짧다, en: Short}
level: junior
minutes: 10
track: mlops
libraries: [numpy]
tasks:
  - {id: mean, title: Mean, points: 3, minutes: 2, core: true}
  - id: findings
    points: 2.5
    minutes: 3
    parts: {claims: 1.5, memo: 1}
limits: {seconds: 90}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a repository with one lab that is described but not built."""
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "solutions" / "tiny"
    folder.mkdir(parents=True)
    (folder / "lab.yaml").write_text(YAML, encoding="utf-8")
    return tmp_path


def graded(cell_type: str, grade_id: str, points: float, **marks: bool) -> dict[str, object]:
    """Make a graded cell of a notebook."""
    meta = {"grade": True, "grade_id": grade_id, "points": points, **marks}
    return {"cell_type": cell_type, "metadata": {"nbgrader": meta}, "source": "1"}


def source(*cells: dict[str, object]) -> bytes:
    """Make a notebook of such cells."""
    return json.dumps({"cells": [{"metadata": {}}, *cells]}).encode()


TINY = (
    graded("code", "check_mean", 3),
    graded("code", "check_findings_claims", 1.5),
    graded("markdown", "findings_memo", 1, solution=True),
)


def build_by_hand(root: Path, notebook: bytes = source(*TINY)) -> None:
    """Put a notebook where the build would leave it."""
    built = root / "course" / "source" / "tiny"
    (built / "data").mkdir(parents=True, exist_ok=True)
    (built / "tiny.ipynb").write_bytes(notebook)
    (built / "data" / "a.csv").write_bytes(b"1\n")


def test_root_is_found_from_inside(root: Path) -> None:
    """The repository is found from any folder in it, and its absence is said."""
    assert catalog.root(root / "solutions" / "tiny") == root
    with pytest.raises(UsageError, match="no folder with"):
        catalog.root(root.parent)


def test_names_are_folders_with_a_source(root: Path) -> None:
    """A folder counts as a lab as soon as it has one of the two files."""
    for folder, file in (("empty", ".keep"), ("begun", "lab.py")):
        (root / "solutions" / folder).mkdir()
        (root / "solutions" / folder / file).touch()
    assert catalog.names(root) == ["begun", "tiny"]


def test_load_reads_the_lab(root: Path) -> None:
    """Values come from the file, defaults from the schema, the name from the folder."""
    lab = catalog.load("tiny", root)
    assert (lab.name, lab.title.ko, lab.points) == ("tiny", "예", 5.5)
    assert (lab.limits.seconds, lab.limits.cell_seconds) == (90, 60)
    assert lab.tasks[1].parts == {"claims": 1.5, "memo": 1}
    assert not lab.needs.gpu


def test_unknown_lab(root: Path) -> None:
    """A name that does not exist is answered with those that do."""
    with pytest.raises(UsageError, match="'teeny'; there are: tiny"):
        catalog.load("teeny", root)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("minutes: 10", "minute: 10", 4, "Extra inputs"),
        ("level: junior", "level: expert", 3, "'junior', 'mid' or 'senior'"),
        ("points: 3,", "points: 0,", 8, "greater than 0"),
        ("memo: 1}", "memo: 2}", 9, "parts sum to 3.5, but the task has 2.5 points"),
        ("memo: 1}", "memo: 2.5, x: -1.5}", 9, "more than 0 points"),
        ("memo: 1}", "memo: 1}\n    competency: {memo: writing}", 9, "one for each of the parts"),
        ("id: findings", "id: mean", None, "the same task id twice: mean"),
        ("id: findings", "id: Findings", 9, "should match pattern"),
        ("id: mean", "id: findings_memo", None, "same name for a cell of nbgrader twice"),
        ("{seconds: 90}", "{seconds: 0}", 13, "greater than 0"),
        ("{seconds: 90}", "{seconds: 90", 14, "no valid YAML"),
        (YAML, "- 1", 1, "must hold a mapping"),
        ("level:", "name: x\nlevel:", None, "remove `name`"),
    ],
)
def test_faults_of_the_file(root: Path, old: str, new: str, line: int | None, message: str) -> None:
    """Each fault names the file and, where it can be known, the line."""
    file = root / "solutions" / "tiny" / "lab.yaml"
    file.write_text(YAML.replace(old, new), encoding="utf-8")
    with pytest.raises(LabError, match=message) as caught:
        catalog.load("tiny", root)
    where = "solutions/tiny/lab.yaml" + (f":{line}: " if line else "")
    assert where in str(caught.value)


def test_missing_file(root: Path) -> None:
    """A lab without lab.yaml is told so."""
    (root / "solutions" / "tiny" / "lab.yaml").rename(root / "solutions" / "tiny" / "lab.py")
    with pytest.raises(LabError, match=r"lab\.yaml: the file is missing"):
        catalog.load("tiny", root)


def test_release_takes_what_grading_needs(root: Path) -> None:
    """A release holds notebook, data, modules and lab.py, but nothing that Jupyter leaves."""
    build_by_hand(root)
    folder = root / "solutions" / "tiny"
    (folder / "lab.py").write_text("# %%\n")
    (folder / "hidden.py").write_text("x = 1\n")
    junk = root / "course" / "source" / "tiny" / ".ipynb_checkpoints"
    junk.mkdir()
    (junk / "old.ipynb").touch()
    release = catalog.release("tiny", root)
    assert release.public == {"data/a.csv": b"1\n"}
    assert release.private == {"hidden.py": b"x = 1\n", "lab.py": b"# %%\n"}
    assert release.graded == {
        "check_mean": Part("mean", None, 3, manual=False),
        "check_findings_claims": Part("findings", "claims", 1.5, manual=False),
        "findings_memo": Part("findings", "memo", 1, manual=True),
    }
    assert pickle.loads(pickle.dumps(release)) == release


def test_release_of_a_lab_that_is_not_built(root: Path) -> None:
    """The error says which command is missing."""
    with pytest.raises(LabError, match="run `autograde build tiny`"):
        catalog.release("tiny", root)


@pytest.mark.parametrize(
    "cells",
    [TINY[:1], (graded("code", "check_mean", 4), *TINY[1:]), (*TINY, graded("code", "old", 1))],
    ids=["new task", "changed points", "removed task"],
)
def test_release_of_an_old_build(root: Path, cells: tuple[dict[str, object], ...]) -> None:
    """A notebook that does not have lab.yaml's tasks and points is not graded."""
    build_by_hand(root, source(*cells))
    with pytest.raises(LabError, match="run `autograde build tiny`"):
        catalog.release("tiny", root)


def test_hash_covers_what_can_change_a_score(root: Path) -> None:
    """Tests, limits, points and data change a hash of their own; a reworded summary none."""
    build_by_hand(root)
    data = catalog.release("tiny", root).data_hash
    hashes = [catalog.release("tiny", root).tests_hash]
    yaml = root / "solutions" / "tiny" / "lab.yaml"
    yaml.write_text(YAML.replace("en: Short", "en: Long"), encoding="utf-8")
    assert catalog.release("tiny", root).tests_hash == hashes[0]
    for file, content in (
        ("solutions/tiny/lab.yaml", YAML.replace("90", "91")),
        ("solutions/tiny/hidden.py", "x = 1\n"),
        ("solutions/tiny/hidden.py", "x = 2\n"),
        ("course/source/tiny/tiny.ipynb", source({"metadata": {}}, *TINY).decode()),
    ):
        (root / file).write_text(content, encoding="utf-8")
        hashes.append(catalog.release("tiny", root).tests_hash)
    assert len(set(hashes)) == 5
    assert catalog.release("tiny", root).data_hash == data
    (root / "course/source/tiny/data/a.csv").write_text("2\n", encoding="utf-8")
    assert catalog.release("tiny", root).tests_hash == hashes[-1]
    assert catalog.release("tiny", root).data_hash != data


def test_any_nbgrader_notebook_is_a_release() -> None:
    """Without lab.yaml each graded cell is a task of its own, whatever its id and points."""
    release = catalog.release_from_notebook(
        "ps1",
        source(
            graded("code", "Test 1", 0),
            graded("code", "check_a", 1),
            graded("code", "a", 2, solution=True),
            {"cell_type": "markdown", "metadata": {"nbgrader": {"task": True, "grade_id": "t",
                                                                "points": 5}}},
        ),
    )  # fmt: skip
    assert release.graded == {
        "Test 1": Part("Test 1", None, 0, manual=False),
        "check_a": Part("check_a", None, 1, manual=False),
        "a": Part("a", None, 2, manual=True),
        "t": Part("t", None, 5, manual=True),
    }
    assert release.lab.limits == catalog.Limits()
    assert pickle.loads(pickle.dumps(release)).tests_hash == release.tests_hash


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "not a notebook"),
        (b"[]", "not a notebook"),
        (source(graded("code", "", 1)), "no id or no points"),
        (source(graded("code", "a", 1), graded("code", "a", 2)), "two graded cells"),
    ],
)
def test_notebooks_that_cannot_be_graded(content: bytes, message: str) -> None:
    """What is no notebook, or names its graded cells badly, is refused with the reason."""
    with pytest.raises(LabError, match=message):
        catalog.release_from_notebook("ps1", content)
