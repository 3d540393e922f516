"""The standing result of each submission, one JSON file each, whichever front end made it.

Owns ``course/results/<lab>/<candidate>.json``. ``nbgrader autograde`` takes the old result away
before it begins, the commit of a run before it writes, so what stands is always what the last of
them said; a submission without a file has no result, whatever the gradebook remembers.
"""

import os
import tempfile
from pathlib import Path

from autograde.verdict import Result


def folder(course: Path, lab: str) -> Path:
    """Where the standing results of a lab are."""
    return course / "results" / lab


def save(course: Path, result: Result) -> None:
    """Make this the standing result."""
    path = folder(course, result.lab) / f"{result.candidate}.json"
    write_atomically(path, result.model_dump_json(indent=1) + "\n")


def forget(course: Path, lab: str, candidate: str) -> None:
    """Take the standing result away: a new grading begins."""
    (folder(course, lab) / f"{candidate}.json").unlink(missing_ok=True)


def load(course: Path, lab: str) -> list[Result]:
    """All standing results of a lab, by candidate."""
    found = folder(course, lab)
    paths = sorted(found.glob("*.json")) if found.is_dir() else []
    return [Result.model_validate_json(path.read_bytes()) for path in paths]


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file's content in one step: a reader sees the old or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(name, 0o644)  # a temporary file is its owner's alone; this one is for the team
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
