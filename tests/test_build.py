"""A tiny lab is built by the real nbgrader in a repository of its own."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import papermill
import pytest
from nbgrader.api import Gradebook

from autograde import catalog
from autograde.build import build, build_lab
from autograde.errors import LabError, UsageError

YAML = """\
title: {ko: 예, en: Example}
summary: {ko: 짧다, en: Short}
level: junior
minutes: 10
libraries: [numpy]
tasks:
  - {id: mean, points: 3, minutes: 2}
  - {id: findings, points: 2.5, minutes: 3, parts: {claims: 1.5, memo: 1}}
"""
SOURCE = '''\
# %% [markdown]
# # 평균

# %% locked=true
import math

# %% locked=true side="grader"
from hidden import expected

# %%
# Try things here.

# %% [markdown]
# ---

# %% task="mean"
def mean(values):
    """Return the mean."""
    ### BEGIN SOLUTION
    return math.fsum(values) / len(values)
    ### END SOLUTION

# %% check="mean"
assert mean([1, 3]) == 2
### BEGIN HIDDEN TESTS
assert mean([1, 5]) == expected(1, 5)
### END HIDDEN TESTS

# %% [markdown]
# ---

# %% task="findings"
def findings():
    ### BEGIN SOLUTION
    return ["the mean is the mean"]
    ### END SOLUTION

# %% check="findings.claims"
assert findings()

# %% [markdown] task="findings.memo"
# A good memo says what was not looked at.
'''
HIDDEN = "def expected(a, b):\n    return (a + b) / 2\n"
DATA = """\
from pathlib import Path

from hidden import expected


def write(folder: Path, variant: int = 0) -> None:
    folder.mkdir()
    (folder / "numbers.csv").write_text(f"{expected(1, 3)}\\n")
"""
REPOSITORY = Path(__file__).resolve().parents[1]


def repository(root: Path) -> Path:
    """Make a repository with one lab, called tiny."""
    folder = root / "solutions" / "tiny"
    folder.mkdir(parents=True)
    (root / "pyproject.toml").touch()
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    for file, text in (
        ("lab.yaml", YAML),
        ("lab.py", SOURCE),
        ("hidden.py", HIDDEN),
        ("data.py", DATA),
    ):
        (folder / file).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a repository in which nothing is built."""
    return repository(tmp_path / "repository")


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository with a built lab, which tests only read."""
    root = repository(tmp_path_factory.mktemp("built"))
    build_lab("tiny", root)
    return root


@pytest.fixture
def built(built_once: Path, root: Path) -> Path:
    """Make a repository with a built lab that a test may change."""
    shutil.copytree(built_once / "course", root / "course")
    shutil.copytree(built_once / "labs", root / "labs")
    return root


def edit(root: Path, file: str, old: str, new: str) -> None:
    """Replace a text in one of the lab's files."""
    path = root / "solutions" / "tiny" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(root: Path, folder: str = "labs") -> list[dict]:
    """Return the cells of a built notebook."""
    return json.loads((root / folder / "tiny" / "tiny.ipynb").read_bytes())["cells"]


def outputs(root: Path) -> dict[str, bytes]:
    """Return all built files."""
    return {
        f"{folder}/{path}": content
        for folder in ("labs", "course/source")
        for path, content in catalog.files(root / folder).items()
    }


def gradebook(root: Path) -> Gradebook:
    """Open the repository's gradebook."""
    return Gradebook(f"sqlite:///{root}/course/gradebook.db")


def submit(root: Path) -> None:
    """Put a submission into the gradebook, as nbgrader does on the first autograding."""
    with gradebook(root) as book, warnings.catch_warnings():
        # SQLAlchemy warns of the order in which nbgrader fills its session.
        warnings.simplefilter("ignore")
        book.add_student("ann")
        book.add_submission("tiny", "ann")


def test_instructor_notebook(built_once: Path) -> None:
    """Every cell keeps its place and gets nbgrader's metadata, points from lab.yaml included."""
    found = [
        (mark.get("grade_id", "")[:10], mark.get("grade"), mark.get("solution"), mark.get("points"))
        for cell in cells(built_once, "course/source")
        for mark in [cell["metadata"].get("nbgrader", {})]
    ]
    assert [entry for entry in found if not entry[0].startswith("locked_")] == [
        ("", None, None, None),
        ("mean", False, True, None),
        ("check_mean", True, False, 3),
        ("findings", False, True, None),
        ("check_find", True, False, 1.5),
        ("findings_m", True, True, 1),
    ]
    assert len(found) == 11
    assert cells(built_once, "course/source")[2]["metadata"]["autograde"] == {"side": "grader"}


def test_candidate_notebook(built_once: Path) -> None:
    """Solutions are stubs, hidden tests are gone, and the data is beside the notebook."""
    sources = ["".join(cell["source"]) for cell in cells(built_once)]
    # Word for word what a candidate finds: an error that says what to do, and a check that says
    # that it passed.
    assert sources[5] == (
        'def mean(values):\n    """Return the mean."""\n    # YOUR CODE HERE\n    raise '
        'NotImplementedError("not written yet: write it here, run this cell, then its checks")'
    )
    assert sources[6] == (
        "assert mean([1, 3]) == 2\n"
        'print("Visible check passed. This part has 3 points; grading tests it further.")'
    )
    assert sources[-1] == "YOUR ANSWER HERE"
    assert (built_once / "labs/tiny/data/numbers.csv").read_text() == "2.0\n"
    assert sorted(path.name for path in (built_once / "labs/tiny").iterdir()) == [
        "data",
        "tiny.ipynb",
    ]


def test_the_cell_of_parameters(built: Path) -> None:
    """papermill finds the cell of parameters by its tag, in the built notebook and in labs/."""
    edit(
        built,
        "lab.py",
        "# %% locked=true\n",
        '# %% locked=true parameters=true\ndevice = "auto"\n\n# %% locked=true\n',
    )
    build_lab("tiny", built)
    for folder in ("course/source", "labs"):
        assert [cell["metadata"].get("tags") for cell in cells(built, folder)[:3]] == [
            None,
            ["parameters"],
            None,
        ]
        assert papermill.inspect_notebook(built / folder / "tiny/tiny.ipynb").keys() == {"device"}


def test_gradebook_knows_the_lab(built_once: Path) -> None:
    """After a build nbgrader can grade: points and cells are in its database."""
    with gradebook(built_once) as book:
        assert book.find_assignment("tiny").max_score == 5.5
        (notebook,) = book.find_assignment("tiny").notebooks
        assert {cell.name: cell.max_score for cell in notebook.grade_cells} == {
            "check_mean": 3,
            "check_findings_claims": 1.5,
            "findings_memo": 1,
        }


def test_release_of_the_build(built_once: Path) -> None:
    """What was built can be collected for grading, modules of the checks and lab.py included."""
    release = catalog.release("tiny", built_once)
    assert list(release.graded) == ["check_mean", "check_findings_claims", "findings_memo"]
    assert release.public == {"data/numbers.csv": b"2.0\n"}
    assert list(release.private) == ["data.py", "hidden.py", "lab.py"]


def test_same_sources_same_bytes(built_once: Path, root: Path) -> None:
    """Neither the place nor the time of a build is in what it writes."""
    for file in (root / "solutions" / "tiny").iterdir():
        os.utime(file, (0, 0))
    assert str(build_lab("tiny", root)) == "tiny: built (11 cells, 5.5 points)"
    assert outputs(root) == outputs(built_once)


def test_building_again_touches_nothing(built: Path) -> None:
    """Files whose content stays are not written, and the build says so."""
    for file in (built / "labs" / "tiny").rglob("*"):
        os.utime(file, (0, 0))
    assert [str(result) for result in build(["tiny"], built)] == [
        "tiny: unchanged (11 cells, 5.5 points)"
    ]
    times = {file.stat().st_mtime for file in (built / "labs/tiny").rglob("*") if file.is_file()}
    assert times == {0}


def test_a_new_cell_leaves_the_others(built: Path) -> None:
    """Cell ids do not depend on what stands before; texts that occur twice stay apart."""
    before = [cell["id"] for cell in cells(built)]
    edit(built, "lab.py", "# %%\n# Try", "# %%\n# First.\n\n# %%\n# Try")
    assert build_lab("tiny", built).changed
    after = [cell["id"] for cell in cells(built)]
    assert [cell_id for cell_id in after if cell_id in before] == before
    assert len(set(after)) == len(before) + 1


def test_files_that_are_no_longer_made(built: Path) -> None:
    """A data file that data.py stopped writing disappears; what Jupyter left there stays."""
    (built / "labs/tiny/.ipynb_checkpoints").mkdir()
    (built / "labs/tiny/.ipynb_checkpoints/x.ipynb").touch()
    edit(built, "data.py", "numbers.csv", "values.csv")
    assert build_lab("tiny", built).changed
    assert sorted(catalog.files(built / "labs/tiny")) == ["data/values.csv", "tiny.ipynb"]
    assert (built / "labs/tiny/.ipynb_checkpoints/x.ipynb").exists()


def test_lab_without_data(root: Path) -> None:
    """A lab need not have data."""
    (root / "solutions/tiny/data.py").unlink()
    build_lab("tiny", root)
    assert sorted(catalog.files(root / "labs/tiny")) == ["tiny.ipynb"]


def test_modules_of_a_lab_leave_no_trace(built: Path) -> None:
    """The next lab's ``hidden`` is its own: import path and modules are as before."""
    modules = set(sys.modules)
    edit(built, "hidden.py", "/ 2", "/ 4")
    build_lab("tiny", built)
    assert (built / "labs/tiny/data/numbers.csv").read_text() == "1.0\n"
    assert str(built / "solutions" / "tiny") not in sys.path
    assert not {"hidden", "data", "_data_of_tiny"} & (set(sys.modules) - modules)
    assert not list((built / "solutions").rglob("__pycache__"))


@pytest.fixture
def untouched(built: Path) -> Iterator[Path]:
    """Yield a built repository and see that the failing build in the test changed no lab."""
    before = catalog.files(built / "labs")
    yield built
    assert catalog.files(built / "labs") == before


def test_data_that_cannot_be_made(untouched: Path) -> None:
    """An error in data.py is told with its line there."""
    edit(untouched, "data.py", "    folder.mkdir()", "    1 / 0")
    with pytest.raises(LabError, match=r"solutions/tiny/data\.py:7: .*ZeroDivisionError"):
        build_lab("tiny", untouched)


def test_faults_of_the_source(untouched: Path) -> None:
    """A fault in lab.py stops the build before anything is written."""
    edit(untouched, "lab.py", "### END HIDDEN TESTS", "")
    with pytest.raises(LabError, match="without its END"):
        build_lab("tiny", untouched)


def test_secret_that_would_be_released(untouched: Path) -> None:
    """Whatever makes nbgrader keep a solution, the notebook does not get out."""
    config = untouched / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        + "from nbgrader.preprocessors import ComputeChecksums, SaveCells\n"
        + "c.GenerateAssignment.preprocessors = [ComputeChecksums, SaveCells]\n"
    )
    with pytest.raises(LabError) as caught:
        build_lab("tiny", untouched)
    assert "math.fsum(values)" in str(caught.value)
    assert "expected(1, 5)" in str(caught.value)
    assert "A good memo" in str(caught.value)


def test_nbgrader_fails(untouched: Path) -> None:
    """What nbgrader says when it fails reaches the author; labs/ stays."""
    edit(untouched, "lab.py", "# # 평균", "# BEGIN MARK SCHEME")
    with pytest.raises(LabError, match=r"could not generate the assignment:\n"):
        build_lab("tiny", untouched)


def test_unknown_lab(root: Path) -> None:
    """A name without a lab is a mistake of the command's user."""
    with pytest.raises(UsageError, match="there are: tiny"):
        build(["big"], root)


def test_corrected_text_with_submissions(built: Path) -> None:
    """A typo in a locked text can be corrected while the gradebook holds submissions."""
    submit(built)
    edit(built, "lab.py", "# # 평균", "# # 산술 평균")
    assert build_lab("tiny", built).changed
    with gradebook(built) as book:
        assert len(book.find_assignment("tiny").submissions) == 1
        (notebook,) = book.find_assignment("tiny").notebooks
        assert "# 산술 평균" in [cell.source for cell in notebook.source_cells]
        assert "# 평균" not in [cell.source for cell in notebook.source_cells]


def test_changed_points_with_submissions(built: Path) -> None:
    """Points may change under submissions: the gradebook has the new maximum."""
    submit(built)
    edit(built, "lab.yaml", "points: 3,", "points: 4,")
    build_lab("tiny", built)
    with gradebook(built) as book:
        assert book.find_assignment("tiny").max_score == 6.5


def test_changed_checks_with_submissions(untouched: Path) -> None:
    """A new set of graded cells would lose scores: the error says what to do."""
    submit(untouched)
    source = outputs(untouched)
    edit(untouched, "lab.yaml", "id: mean", "id: average")
    edit(untouched, "lab.py", '"mean"', '"average"')
    with pytest.raises(LabError) as caught:
        build_lab("tiny", untouched)
    assert "holds submissions to this lab (1)" in str(caught.value)
    assert "+average, +check_average, -check_mean, -mean" in str(caught.value)
    assert "nbgrader db assignment remove tiny --force" in str(caught.value)
    assert outputs(untouched) == source


@pytest.mark.slow
def test_plain_nbgrader_commands(built: Path) -> None:
    """Plain nbgrader commands work from the repository root and give the same files."""
    before = outputs(built)
    for command in (["db", "assignment", "list"], ["generate_assignment", "tiny", "--force"]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command],
            cwd=built,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "tiny" in done.stdout + done.stderr
    assert outputs(built) == before
