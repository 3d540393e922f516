"""``labs/`` is what the build makes of ``solutions/`` today, and holds nothing secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from autograde import catalog
from autograde.source import read_cells, split

ROOT = catalog.root(Path(__file__).parent)
LABS = catalog.names(ROOT)


def test_lab_is_fresh(lab: Any, tmp_path: Path) -> None:
    """The committed lab has the bytes of a build from nothing in another place."""
    lab.build(tmp_path)
    made, committed = (catalog.files(root / "labs" / lab.name) for root in (tmp_path, ROOT))
    assert sorted(made) == sorted(committed), f"run `autograde build {lab.name}`"
    stale = [path for path in made if made[path] != committed[path]]
    assert not stale, f"run `autograde build {lab.name}`"


@pytest.mark.parametrize("name", LABS)
def test_lab_holds_no_secret(name: str) -> None:
    """No marker, no output and no long line of a solution or hidden test was committed."""
    file = ROOT / "labs" / name / f"{name}.ipynb"
    assert file.is_file(), f"run `autograde build {name}`"
    notebook = json.loads(file.read_bytes())
    shown = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    regions = [
        split(cell.source) for cell in read_cells(ROOT / "solutions" / name / "lab.py", ROOT)
    ]
    visible = "\n".join(line for region in regions for line in region.visible)
    secret = {line.strip() for region in regions for line in region.hidden}
    assert not [line for line in secret if len(line) > 12 and line in shown and line not in visible]
    for word in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN"):
        assert word not in shown
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_every_lab_has_a_source() -> None:
    """A folder in labs/ that no source makes is a leftover."""
    folders = ROOT / "labs"
    found = [path.name for path in folders.iterdir() if path.is_dir()] if folders.is_dir() else []
    assert set(found) <= set(LABS)
