"""A repository with one small lab, for tests of what goes out to candidates and comes back."""

import shutil
import zipfile
from pathlib import Path

import pytest

from autograde import assignment, build

ROOT = Path(__file__).parent.parent
YAML = """
title: {ko: 작은 실습, en: A small lab}
summary: {ko: 시험, en: For a test}
level: junior
minutes: 5
libraries: [numpy, sklearn]
tasks:
  - {id: double, points: 6, minutes: 1}
  - {id: memo, points: 4, minutes: 1}
limits: {seconds: 60, cell_seconds: 10}
"""
LAB = """
# %% [markdown]
# # A small lab
# %% locked=true
given = open("data/numbers.csv").read().split()
# %% task="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
# %% check="double"
assert double(1) == 2
### BEGIN HIDDEN TESTS
from hidden import graded
graded(double)
### END HIDDEN TESTS
# %% [markdown] task="memo"
# Full marks: says why.
"""
DATA = """
def write(folder, variant=0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "numbers.csv").write_text(f"{variant} {variant + 1}\\n")
"""
HIDDEN = """
def graded(double):
    secret_word = "quagga"
    assert double(21) == 42, secret_word
"""


@pytest.fixture(scope="session")
def _built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    lab = folder / "solutions" / "small"
    lab.mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for name, text in (("yaml", YAML), ("py", LAB)):
        (lab / f"lab.{name}").write_text(text, encoding="utf-8")
    (lab / "data.py").write_text(DATA)
    (lab / "hidden.py").write_text(HIDDEN)
    build.build_lab("small", folder)
    return folder


@pytest.fixture
def root(_built, tmp_path):
    """A repository with one small lab, built."""
    return shutil.copytree(_built, tmp_path / "repository")


@pytest.fixture
def handed_out(root):
    """That repository, an assignment of kim's, and the files of its bundle by name."""
    made, bundle = assignment.assign("kim", ["small"], root)
    with zipfile.ZipFile(bundle) as archive:
        files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    return root, made, files
