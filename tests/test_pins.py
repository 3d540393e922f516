"""One set of pins: the lock, the project's requirements and the conda environment agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]


def locked():
    """Version of each package in the lock, by canonical name."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins.items()}


@pytest.mark.parametrize("text", ASKED)
def test_the_lock_satisfies_every_requirement(text):
    """Each package that the project asks for is locked at a version that it accepts."""
    requirement = Requirement(text)
    assert requirement.specifier.contains(locked()[canonicalize_name(requirement.name)])


def test_every_line_of_the_lock_is_an_exact_public_pin():
    """No local build label, address or path: the lock means the same on every machine."""
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line), line


def test_conda_users_get_the_same_pins():
    """environment.yml takes every package from the lock, and the same range of Pythons."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *system, pip = environment["dependencies"]
    assert pip == {"pip": ["-r requirements.lock", "-e ."]}
    assert f"python{PROJECT['requires-python']}" in system
    assert {name.split(">")[0] for name in system} == {"python", "pip", "make", "git"}
