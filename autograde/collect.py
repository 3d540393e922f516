"""Work that comes back: from a zip or a folder, whoever made it, into ``course/submitted/``.

Owns whose it is, by the assignment's id, which alone is trusted, and the attempts under
``course/collected/<candidate>/<attempt>/``: the files as they came, with what was found. Nothing
there is ever written over; ``course/submitted/`` has the latest that can be graded. Owns neither
the unpacking (:mod:`autograde.unpack`) nor an opinion on a notebook (:mod:`autograde.intake`).
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograde import assemble, assignment, catalog, intake, results, unpack
from autograde.assignment import Assignment
from autograde.errors import AutogradeError, IntakeError, UsageError
from autograde.outputs import printable
from autograde.verdict import Record

ABOUT = "assignment.json"
_ABOUT = f"/{ABOUT}"


class Attempt(Record):
    """One time that work came back.

    Attributes
    ----------
    assignment, candidate
        Whose it is.
    came
        When the file was made here, or what the grader said (UTC, ISO 8601). The last one counts.
    collected, sha256
        When it was taken, and a hash over names and contents, as in the candidate's receipt.
    late_minutes
        How long after the time it came; 0 in time, or without one.
    labs, notes
        What was taken, and what was odd.
    """

    assignment: str
    candidate: str
    came: str
    collected: str
    sha256: str
    late_minutes: float
    labs: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Collected:
    """What became of one file or folder: an attempt, or why it was refused."""

    source: Path
    attempt: Attempt | None
    refused: str = ""
    known: bool = False


def collect(sources: Iterable[Path], root: Path, came: datetime | None = None) -> list[Collected]:
    """Take work back; what is refused changes nothing and stops nobody else's.

    Parameters
    ----------
    sources
        Zips and folders.
    root
        The repository.
    came
        When they came, if the times of the files here do not say it. Of work that was collected
        before it corrects the time.

    Returns
    -------
    list of Collected
        By the time at which they came, the earliest first.

    Raises
    ------
    UsageError
        If ``came`` is still to come.
    """
    if came and came > datetime.now(UTC):
        raise UsageError(f"{came} has not come yet")
    found = []
    for when, source in sorted((came or _time(source), source) for source in sources):
        try:
            found.append(_take(source, when, root, told=came is not None))
        except AutogradeError as error:
            found.append(Collected(source, None, str(error)))
        except (OSError, ValueError, OverflowError, RecursionError) as error:
            # Such as a full disk, or a name in no encoding.
            found.append(Collected(source, None, f"it cannot be read or kept: {error}"))
    return found


def attempts(course: Path, candidate: str) -> list[Attempt]:
    """All attempts of a candidate, in the order in which they came."""
    found = [attempt for attempt, _ in _attempts(course, candidate)]
    return sorted(found, key=lambda attempt: (attempt.came, attempt.collected))


def standing(course: Path, candidate: str, lab: str) -> Attempt | None:
    """The attempt that counts; None if a lab did not come this way.

    It is the last that came, and of the same work the time that was recorded last.
    """
    return _last(attempts(course, candidate), lab)


def _last(known: Iterable[Attempt], lab: str) -> Attempt | None:
    by_record = sorted(known, key=lambda attempt: attempt.collected)
    latest = {(attempt.assignment, attempt.sha256): attempt for attempt in by_record}
    found = [attempt for attempt in latest.values() if lab in attempt.labs]
    return max(found, key=lambda attempt: (attempt.came, attempt.collected), default=None)


def late(course: Path, candidate: str, lab: str) -> float:
    """Minutes after the time at which what stands of a lab came; 0 if in time."""
    attempt = standing(course, candidate, lab)
    return attempt.late_minutes if attempt else 0.0


def own(release: catalog.Release, course: Path, candidate: str) -> catalog.Release:
    """The lab with the data that a candidate had when they did what stands as submitted.

    See :func:`autograde.assignment.own`.
    """
    attempt = standing(course, candidate, release.name)
    return assignment.own(release, course, candidate, attempt.assignment if attempt else None)


def _attempts(course: Path, candidate: str) -> list[tuple[Attempt, Path]]:
    paths = (course / "collected" / candidate).glob("[!.]*/attempt.json")
    return [(Attempt.model_validate_json(path.read_bytes()), path.parent) for path in paths]


def _take(source: Path, came: datetime, root: Path, *, told: bool) -> Collected:
    course, now = root / "course", datetime.now(UTC)
    made, found = _whose(unpack.files(source), course)
    labs, notes, sent = _labs(found, made, root)
    digest = _digest(sent)
    earlier = attempts(course, made.candidate)
    same = [one for one in earlier if (one.assignment, one.sha256) == (made.id, digest)]
    if same:
        known = max(same, key=lambda attempt: attempt.collected)
        before = datetime.fromisoformat(known.came)
        # Handed in again, it is an attempt again: the last one counts.
        if came == before or (came < before and not told):
            for lab in known.labs:
                lost = not (course / "submitted" / made.candidate / lab).exists()
                if lost and standing(course, made.candidate, lab) == known:
                    _stand(course, made.candidate, lab)
            return Collected(source, known, known=True)
    minutes = 0.0
    if made.due and came > datetime.fromisoformat(made.due):
        minutes = round((came - datetime.fromisoformat(made.due)).total_seconds() / 60, 1)
        notes.append(f"it came {minutes:g} minutes after the time, {made.due}")
    attempt = Attempt(
        assignment=made.id,
        candidate=made.candidate,
        came=came.isoformat(),
        collected=now.isoformat(),
        sha256=digest,
        late_minutes=minutes,
        labs=tuple(labs),
        notes=(),
    )
    stood = {lab: _last(earlier, lab) for lab in labs}
    stands = {lab: _last([*earlier, attempt], lab) for lab in labs}
    if older := [lab for lab in labs if stands[lab] != attempt]:
        notes.append(f"it is kept, but one that came later stands for {', '.join(older)}")
    place = course / "collected" / made.candidate / f"{now:%Y%m%d-%H%M%S-%f}-{digest[:8]}"
    # Under another name until it is whole.
    half = place.with_name(f".{place.name}")
    try:
        for lab, content in labs.items():
            _write(half / lab, {name: content[name] for name in content if name != ABOUT}, came)
            target = course / "submitted" / made.candidate / lab
            replaced = target.exists() and stands[lab] != stood[lab]
            if replaced and not _came_so(target, course, made.candidate, lab):
                # Put there by hand, so that no attempt has it.
                shutil.copytree(target, half / "before" / lab, symlinks=True)
        attempt = attempt.model_copy(update={"notes": tuple(notes)})
        results.write_atomically(half / "attempt.json", attempt.model_dump_json(indent=1) + "\n")
        half.rename(place)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    for lab in labs:
        if stands[lab] != stood[lab]:
            _stand(course, made.candidate, lab)
    return Collected(source, attempt)


def _time(source: Path) -> datetime:
    """When work came: the newest time of the file, or of the folder and the files in it."""
    now = datetime.now(UTC)
    try:
        paths = [source, *source.iterdir()] if source.is_dir() else [source]
        newest = max(path.lstat().st_mtime for path in paths)
        return min(now, datetime.fromtimestamp(newest, UTC))
    except (OSError, ValueError, OverflowError):
        return now  # it will be said why, when it is read


def _whose(
    files: Mapping[str, bytes], course: Path
) -> tuple[Assignment, dict[str, dict[str, bytes]]]:
    """The assignment that the files say they are of, and each lab's files below its folder.

    A lab's folder is one with an ``assignment.json``, whatever is around it: a zip made by hand has
    a folder more, and one of nbgrader's exchange has the lab's folder alone. A copy inside of it
    is no other one.
    """
    folders: list[str] = []
    for path in sorted(path.removesuffix(ABOUT) for path in files if f"/{path}".endswith(_ABOUT)):
        if not path.startswith(tuple(folders)):
            folders.append(path)
    if not folders:
        raise IntakeError(
            "it has no assignment.json, so nobody can say whose it is; ask for the file that "
            "`python submit.py` makes in the candidate's folder (and name zips, not their folder)"
        )
    labs: dict[str, dict[str, bytes]] = {}
    whose: set[tuple[str, str]] = set()
    for folder in folders:
        try:
            said = json.loads(files[folder + ABOUT].decode("utf-8-sig"))
            lab, *who = (str(said[key]) for key in ("lab", "id", "candidate"))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise IntakeError("its assignment.json is damaged; ask for it again") from None
        whose.add((who[0], who[1]))
        if lab in labs:
            raise IntakeError(
                f"it has {lab[:60]!r} twice; leave in the folder that is to be handed in"
            )
        labs[lab] = {
            path.removeprefix(folder): data
            for path, data in files.items()
            if path.startswith(folder)
        }
    if len(whose) > 1:
        raise IntakeError("it has labs of more than one assignment; hand each in by itself")
    ((wanted, name),) = whose
    made = assignment.by_id(course, wanted)
    if made is None:
        raise IntakeError("its assignment.json is of no assignment that was made here")
    if name != made.candidate:
        raise IntakeError(
            f"it says that it is {name[:60]!r}'s, but the assignment was given to {made.candidate}"
        )
    return made, labs


def _labs(
    found: Mapping[str, Mapping[str, bytes]], made: Assignment, root: Path
) -> tuple[dict[str, dict[str, bytes]], list[str], dict[str, bytes]]:
    """What can be graded of each lab, without what was given; notes; and all that was sent."""
    labs: dict[str, dict[str, bytes]] = {}
    sent: dict[str, bytes] = {}
    notes: list[str] = []
    refused: list[str] = []
    for lab in (name for name in made.labs if name in found):
        files = found[lab]
        release = catalog.release(lab, root)
        given = assignment.own(release, root / "course", made.candidate, made.id).public
        changed = sorted(path for path in files if path in given and files[path] != given[path])
        if changed:
            notes.append(f"{lab}: files that were given differ, and are not taken: {changed[:3]}")
        extra = sorted(path for path in files if path.startswith("data/") and path not in given)
        if extra:
            notes.append(f"{lab}: what lies in data/ is not taken: {extra[:3]}")
        own_files = {path: data for path, data in files.items() if not _not_sent(path)}
        sent |= {f"{lab}/{path}": data for path, data in own_files.items()}
        try:
            odd = _remarks(own_files, lab, release)
        except IntakeError as error:
            refused.append(f"{lab} is not taken: {error}")
            continue
        notes += [f"{lab}: {remark}" for remark in odd]
        labs[lab] = own_files
    if not labs:
        raise IntakeError("; ".join(refused) or f"it has nothing of {', '.join(made.labs)}")
    return labs, [*refused, *notes], sent


def _remarks(files: Mapping[str, bytes], lab: str, release: catalog.Release) -> tuple[str, ...]:
    """What was odd about a lab's notebook, if it can be graded at all.

    One that cannot would stand in the place of an earlier one that can.
    """
    notebooks = [path for path in files if intake.is_notebook(path)]
    cells, remarks = intake.choose(notebooks, files.__getitem__, lab)
    if not assemble.sources(release).stubs.keys() & {cell.grade_id for cell in cells}:
        raise IntakeError(
            "its notebook has none of the cells for answers, as one has that is another lab's or "
            "was copied into a new one; ask for the answers in the notebook that was given"
        )
    return remarks


def _not_sent(path: str) -> bool:
    """Whether a file of a lab's folder is no work of the candidate's; so says ``submit.py``."""
    return path.startswith("data/") or path in ("timestamp.txt", "submission_secret.txt")


def _digest(files: Mapping[str, bytes]) -> str:
    """The sha256 that is in the candidate's receipt; ``submit.py`` has the same lines."""
    each = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    return hashlib.sha256(json.dumps(each).encode()).hexdigest()


def _write(folder: Path, files: Mapping[str, bytes], came: datetime) -> None:
    for name, data in files.items():
        results.write_atomically(folder / name, data)
    # By this file nbgrader knows a newer submission.
    results.write_atomically(folder / "timestamp.txt", f"{came:%Y-%m-%d %H:%M:%S} UTC\n")


def _came_so(target: Path, course: Path, candidate: str, lab: str) -> bool:
    """Whether what stands as submitted is one of the attempts."""
    content = catalog.files(target)
    return any(catalog.files(place / lab) == content for _, place in _attempts(course, candidate))


def _stand(course: Path, candidate: str, lab: str) -> None:
    """Put a copy of what counts of a lab where grading reads it, whole at every moment but one."""
    counts = standing(course, candidate, lab)
    place = next(where for one, where in _attempts(course, candidate) if one == counts)
    target = course / "submitted" / candidate / lab
    fresh, old = target.with_name(f".{lab}.new"), target.with_name(f".{lab}.old")
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(place / lab, fresh)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def said(found: Sequence[Collected]) -> list[str]:
    """One line for each source, for the terminal."""
    lines = []
    for one in found:
        if one.attempt is None:
            lines.append(f"{one.source}: refused: {one.refused}")
            continue
        words = "was taken before" if one.known else "taken"
        lines.append(
            f"{one.source}: {one.attempt.candidate}, {', '.join(one.attempt.labs)}: {words} "
            f"(sha256 {one.attempt.sha256[:16]}…)"
        )
        lines += [f"  note: {note}" for note in one.attempt.notes]
    # Names and words in them are the candidate's.
    return [printable(line) for line in lines]
