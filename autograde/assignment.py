"""What a candidate is given: labs with data of their own, in one file, and by when to hand in.

Owns ``course/assigned/<candidate>/<id>.json`` (:class:`Assignment`), the data of variants under
``course/variants/``, and the bundle. Owns neither the way back (:mod:`autograde.collect`) nor the
grading, which asks here for a candidate's own data (:func:`own`).

The id is what tells whose work comes back, and it is drawn: a name in a file can be anybody's.
"""

import hashlib
import json
import re
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from pydantic import ValidationError

from autograde import assemble, catalog, results
from autograde.catalog import Release
from autograde.errors import LabError, UsageError
from autograde.verdict import Record

#: Variants above the one that everybody can see in ``labs/``.
VARIANTS = 2**31 - 1
HERE = Path(__file__).parent / "bundle"
#: What nbgrader calls the course in an exchange.
COURSE = "interview"
#: Times are said in this zone too; it has had no summer time since 1988.
KOREA = timezone(timedelta(hours=9), "KST")
#: JupyterLab as a candidate needs it: the start page is a page and not its source, work is saved
#: often, and nothing asks about news.
SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"markdown": "Markdown Preview"},
        "autosaveInterval": 10,
    },
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
#: What a library is called where it is installed from, if otherwise.
PACKAGES = {"sklearn": "scikit-learn"}


class Given(Record):
    """A lab of an assignment: the variant of its data, and their sha256."""

    variant: int
    data: str


class Assignment(Record):
    """What one candidate was given.

    Attributes
    ----------
    id
        Of this assignment alone.
    issued, due
        When it was made and by when it is to be handed in (UTC, ISO 8601); None: whenever.
    labs
        By name.
    """

    id: str
    candidate: str
    issued: str
    due: str | None
    labs: Mapping[str, Given]


def assign(
    candidate: str,
    labs: Sequence[str],
    root: Path,
    *,
    seed: int | None = None,
    minutes: float | None = None,
    exchange: Path | None = None,
) -> tuple[Assignment, Path]:
    """Make an assignment and its bundle.

    Parameters
    ----------
    candidate
        Their name, which becomes a folder's.
    labs
        At least one.
    root
        The repository, in which the labs are built.
    seed
        Of the data; drawn if None. 0 gives what is in ``labs/``.
    minutes
        From now until it is to be handed in.
    exchange
        nbgrader's exchange of the machine that the candidate will sit at, which is made if it is
        not there: then the bundle has nbgrader's assignment list, whose Submit goes there.

    Returns
    -------
    Assignment and Path
        The bundle is ``course/bundles/<candidate>-<id>.zip``.

    Raises
    ------
    UsageError
        If that cannot be a candidate's name.
    """
    if not re.fullmatch(r"[^\W_][\w-]{0,60}", candidate):
        raise UsageError(
            f"{candidate!r} cannot be a candidate's name: letters, digits, '-' and '_' can"
        )
    course, now = root / "course", datetime.now(UTC)
    variant = secrets.randbelow(VARIANTS) + 1 if seed is None else seed
    due = None if minutes is None else now + timedelta(minutes=minutes)
    data: dict[str, Given] = {}
    files: dict[str, bytes] = {}
    about: dict[str, dict[str, Any]] = {}
    for lab in labs:
        release = _with_data(catalog.release(lab, root), variant, root)
        data[lab] = Given(variant=variant, data=release.data_hash)
        notebook = (root / "labs" / lab / f"{lab}.ipynb").read_bytes()
        files |= {f"{lab}/{path}": file for path, file in release.public.items()}
        files[f"{lab}/{lab}.ipynb"] = notebook
        stubs = assemble.sources(release).stubs
        about[lab] = {
            "given": sorted(release.public),
            # By these the candidate's own program sees what was written.
            "stubs": {name: _sha256(stub.strip()) for name, stub in stubs.items()},
        }
    made = Assignment(
        id=secrets.token_hex(6),
        candidate=candidate,
        issued=now.isoformat(),
        due=due.isoformat(timespec="seconds") if due else None,
        labs=data,
    )
    path = course / "assigned" / candidate / f"{made.id}.json"
    results.write_atomically(path, made.model_dump_json(indent=1) + "\n")
    bundle = course / "bundles" / f"{candidate}-{made.id}.zip"
    described = [catalog.load(lab, root) for lab in labs]
    if exchange:
        _release(labs, root, exchange)
    results.write_atomically(bundle, _bundle(made, files, described, about, exchange))
    return made, bundle


def of(course: Path, candidate: str) -> list[Assignment]:
    """A candidate's assignments, the newest first."""
    found = map(_load, (course / "assigned" / candidate).glob("*.json"))
    return sorted(found, key=lambda one: one.issued, reverse=True)


def _load(path: Path) -> Assignment:
    try:
        return Assignment.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UsageError(f"{path} is no assignment: {error}") from error


def by_id(course: Path, wanted: str) -> Assignment | None:
    """The assignment with an id, or None."""
    if not re.fullmatch("[0-9a-f]{12}", wanted):
        return None
    paths = list((course / "assigned").glob(f"*/{wanted}.json"))
    return _load(paths[0]) if paths else None


def given(course: Path, candidate: str, lab: str, wanted: str | None = None) -> Given | None:
    """What a candidate was given of a lab: by that assignment, or the last time; or None."""
    found = [made for made in of(course, candidate) if lab in made.labs]
    chosen = [made for made in found if made.id == wanted] or found
    return chosen[0].labs[lab] if chosen else None


def own(release: Release, course: Path, candidate: str, wanted: str | None = None) -> Release:
    """The lab with the data that a candidate was given; as it is for one who was given none.

    ``wanted`` is the id of the assignment, if it is not the last.

    Raises
    ------
    LabError
        If these data are no longer what the candidate had.
    """
    lab = given(course, candidate, release.name, wanted)
    if lab is None or lab.data == release.data_hash:
        return release
    found = _with_data(release, lab.variant, course.parent)
    if found.data_hash != lab.data:
        raise LabError(
            f"the data of variant {lab.variant}, which {candidate} was given, are no longer the "
            "same: the files or data.py changed. Put them back, or remove the assignment in "
            f"course/assigned/{candidate}/ to grade with those of labs/",
            path=_place(course, release.name, lab.variant).relative_to(course.parent),
        )
    return found


def _place(course: Path, lab: str, variant: int) -> Path:
    return course / "variants" / lab / str(variant)


def _with_data(release: Release, variant: int, root: Path) -> Release:
    """The lab with the data of a variant, which are made if they are not there."""
    if not variant:
        return release
    place = _place(root / "course", release.name, variant)
    if not place.exists():
        from autograde import build  # with nbgrader's converters, which grading seldom needs

        half = place.with_name(f".{place.name}")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        build.write_data(
            root / "solutions" / release.name / "data.py", half / "data", root, variant
        )
        half.rename(place)
    return replace(release, public=catalog.files(place))


def _release(labs: Sequence[str], root: Path, exchange: Path) -> None:
    """Make an exchange, and put the labs into it: nbgrader lists no others.

    A candidate's Submit needs no more of them than that they are there; data and notebook are those
    of the bundle.
    """
    course = exchange / COURSE
    for folder, mode in ((exchange, 0o777), (course, 0o755), (course / "inbound", 0o733)):
        if not folder.is_dir():
            folder.mkdir(parents=True)
            # As nbgrader makes them: whoever submits writes there, and sees nobody else's work.
            folder.chmod(mode)
    for lab in labs:
        place = course / "outbound" / lab
        shutil.copytree(root / "labs" / lab, place, dirs_exist_ok=True)
        for path in (place.parent, place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def _bundle(
    made: Assignment,
    files: Mapping[str, bytes],
    labs: Sequence[catalog.Lab],
    about: Mapping[str, Mapping[str, Any]],
    exchange: Path | None,
) -> bytes:
    """The zip that a candidate gets: notebooks, data, how to start and how to hand in."""
    needed = {"jupyterlab", "nbgrader"}  # the latter for its Validate button
    needed |= {PACKAGES.get(name, name) for lab in labs for name in lab.libraries}
    pins = "".join(f"{name}=={version(name).split('+')[0]}\n" for name in sorted(needed))
    off = {f"@jupyter/nbgrader:{name}": True for name in _switched_off(exchange)}
    content = {
        "README.md": _instruction(made, labs, exchange).encode(),
        "requirements.txt": pins.encode(),
        "settings/overrides.json": _json(SETTINGS),
        "settings/page_config.json": _json({"disabledExtensions": off}),
        **{
            name: (HERE / name).read_bytes()
            for name in ("environment.yml", "submit.py", "start.py")
        },
        **files,
    }
    if exchange:
        content["nbgrader_config.py"] = (HERE / "nbgrader_config.py").read_bytes()
    for lab in labs:
        # In the lab's own folder, so that the folder says whose it is however it travels.
        content[f"{lab.name}/assignment.json"] = _json(
            {
                "id": made.id,
                "candidate": made.candidate,
                "due": made.due,
                "course": COURSE,
                "exchange": str(exchange.resolve()) if exchange else None,
                "lab": lab.name,
                **about[lab.name],
            }
        )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(content.items()):
            # A fixed time: the same assignment gives the same bytes.
            info = zipfile.ZipInfo(f"{made.candidate}/{path}", (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _switched_off(exchange: Path | None) -> tuple[str, ...]:
    """Parts of nbgrader that a candidate has no use for: Validate alone stays, without exchange."""
    graders = ("formgrader", "create-assignment", "course-list")
    return graders if exchange else (*graders, "assignment-list")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _instruction(made: Assignment, labs: Sequence[catalog.Lab], exchange: Path | None) -> str:
    """The start page, which is also what a person reads who has unpacked the bundle."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (HERE / "README.md").read_text(encoding="utf-8")
    due = None
    if made.due:
        due = datetime.fromisoformat(made.due).astimezone(KOREA)
    return environment.from_string(text).render(
        candidate=made.candidate,
        labs=labs,
        due=due,
        exchange=exchange is not None,
    )
