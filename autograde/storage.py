"""An object store beside the course: where submissions come from and a copy of a run goes to.

Owns the way in, from ``URL/<candidate>/<lab>/<lab>.ipynb`` to ``course/submitted/``, and the way
out, from a run's folder to ``URL/<run>/``, through papermill's handlers. Names and bytes in a store
are untrusted. Owns no opinion on a notebook (:mod:`autograde.intake`), no grading, and no run's
folder (:mod:`autograde.runs`): that one is what counts, also where there is a copy.
"""

import importlib
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograde import intake, results, runs
from autograde.errors import IntakeError, UsageError
from autograde.runs import Job, Run
from autograde.verdict import Result

#: By scheme: what follows it in a URL, what papermill imports for it, and the extra that brings it.
STORES = {
    "s3": (r"[^/]+(/.*)?", "papermill.s3", "s3"),
    "gs": (r"[^/]+(/.*)?", "gcsfs", "gcs"),
    "abs": (r"[^/]+\.blob\.core\.windows\.net/[^/]+(/.*)?", "papermill.abs", "azure"),
}
FORMS = (
    "s3://BUCKET/…, gs://BUCKET/… and, for Azure, abs://ACCOUNT.blob.core.windows.net/CONTAINER/…"
)


@dataclass(frozen=True)
class Fetched:
    """How many notebooks were written, how many were here already; what was left out, and why."""

    new: int
    unchanged: int
    left_out: tuple[str, ...]


def checked(url: str) -> str:
    """The URL of a place in a store, without a slash at its end.

    Raises
    ------
    UsageError
        If papermill knows no such store, or the store's library is not installed.
    """
    scheme, _, rest = url.partition("://")
    if "?" in rest:
        raise UsageError(
            f"{url.partition('?')[0]}?…: leave out what follows the question mark. Credentials are "
            "taken from the environment; on a command line everybody on this machine can read them"
        )
    if scheme not in STORES or not re.fullmatch(STORES[scheme][0], rest):
        raise UsageError(f"{url} is no place in a store that papermill knows; there are {FORMS}")
    _, module, extra = STORES[scheme]
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{url} needs a library that is not installed ({error}): pip install -e '.[{extra}]'"
        ) from error
    return url.rstrip("/")


def fetch(url: str, course: Path, labs: Sequence[str], candidates: Sequence[str]) -> Fetched:
    """Write the notebooks of a store to ``course/submitted/``; what is the same is not touched.

    Parameters
    ----------
    url
        Where ``<candidate>/<lab>/<lab>.ipynb`` are.
    labs, candidates
        Which to take; no candidates means all of them.

    Raises
    ------
    UsageError
        If the store cannot be read, has nothing of a candidate who is named, or nothing at all.
    """
    url = checked(url)
    new, unchanged = 0, 0
    left_out: list[str] = []
    found: set[str] = set()
    for candidate in _names(url):
        if candidates and candidate not in candidates:
            continue
        if not intake.can_name_a_candidate(candidate):
            left_out.append(f"{candidate!r} cannot be a candidate's name")
            continue
        for lab in _names(f"{url}/{candidate}"):
            if lab not in labs:
                continue
            found.add(candidate)
            folder = f"{url}/{candidate}/{lab}"
            if f"{lab}.ipynb" not in _names(folder):
                left_out.append(f"{folder} has no {lab}.ipynb")
                continue
            try:
                data = _read(f"{folder}/{lab}.ipynb")
            except IntakeError as error:
                left_out.append(f"{folder}/{lab}.ipynb {error}")
                continue
            path = runs.submitted(course, Job(lab=lab, candidate=candidate)) / f"{lab}.ipynb"
            if _here(path) == data:
                unchanged += 1
            else:
                results.write_atomically(path, data)
                new += 1
    if missing := sorted(set(candidates) - found):
        raise UsageError(f"{url} has nothing of {', '.join(missing)} for these labs")
    if not new + unchanged:
        also = "".join(f"; {words}" for words in left_out)
        raise UsageError(f"no {url}/<candidate>/<lab>/<lab>.ipynb of {', '.join(labs)}{also}")
    return Fetched(new, unchanged, tuple(left_out))


def copied(ended: Iterator[Result], run: Run, url: str) -> Iterator[Result]:
    """Copy a run to ``URL/<run>/`` as it goes on: the same results, each once it is there.

    The manifest comes first, then what the run had before: what another driver has kept but not
    copied is among it. A notebook comes before its result, so that what has a result is whole.

    Raises
    ------
    UsageError
        If the store does not take a file. The run's folder has it.
    """
    url = checked(url)
    _copy(run, "manifest.json", url)
    for job in run.manifest.jobs:
        if run.done(job):
            _copy_job(run, job, url)
    for result in ended:
        _copy_job(run, Job(lab=result.lab, candidate=result.candidate), url)
        yield result


def _papermill() -> Any:
    """papermill's way to its handlers."""
    from papermill.iorw import papermill_io  # a second of imports that few regrades need

    return papermill_io


def _copy_job(run: Run, job: Job, url: str) -> None:
    place = run.place(job).relative_to(run.folder).as_posix()
    if run.notebook(job) is not None:
        _copy(run, f"{place}/{job.lab}.ipynb", url)
    _copy(run, f"{place}/result.json", url)


def _copy(run: Run, name: str, url: str) -> None:
    text = (run.folder / name).read_bytes().decode()
    remedy = (
        f"Nothing is lost: {run.folder} has all that was graded. Mend that and go on with "
        f"`autograde regrade --resume {run.name} --to {url}`"
    )
    target = f"{url}/{run.name}/{name}"
    with _asking("write", target, remedy):
        _papermill().write(text, target)


def _names(url: str) -> list[str]:
    """What lies directly under a place in a store, by name.

    papermill gives URLs (S3), paths from the bucket (Google) or blobs, and then all that lie
    deeper too (Azure).
    """
    scheme, _, rest = url.partition("://")
    parts = rest.split("/")  # Azure's are account and container, then the blob's name
    inside = "".join(f"{part}/" for part in (parts[2:] if scheme == "abs" else parts))
    with _asking("list", f"{url}/"):
        try:
            listed = _papermill().listdir(f"{url}/")
        except FileNotFoundError:  # Google's word for a folder with nothing in it
            return []
    paths = [str(getattr(entry, "name", entry)).removeprefix(f"{scheme}://") for entry in listed]
    below = [path[len(inside) :] for path in paths if path.startswith(inside) and path != inside]
    return list(dict.fromkeys(path.split("/")[0] for path in below))


def _read(url: str) -> bytes:
    """A notebook's bytes, whatever they are.

    Raises
    ------
    IntakeError
        If there are too many, or papermill cannot get them.
    """
    with _asking("read", url):
        try:
            if url.startswith("s3://"):
                from papermill.s3 import S3

                # Its handler decodes a megabyte at a time, and fails without a word where a letter
                # of several bytes lies across the border of two, and at what is not UTF-8.
                bucket, key = url.removeprefix("s3://").split("/", 1)
                with closing(S3().s3.Object(bucket, key).get()["Body"]) as body:
                    data = body.read(intake.NOTEBOOK_BYTES + 1)
            else:
                data = _papermill().get_handler(url).read(url)
        except UnicodeDecodeError:
            raise IntakeError("is not UTF-8 text") from None
    data = data.encode() if isinstance(data, str) else bytes(data)
    if len(data) > intake.NOTEBOOK_BYTES:
        raise IntakeError(f"is larger than {intake.NOTEBOOK_BYTES // 1_000_000} MB")
    return data


def _here(path: Path) -> bytes | None:
    try:
        return intake.load(path)
    except IntakeError:
        return None


@contextmanager
def _asking(verb: str, url: str, remedy: str = "") -> Iterator[None]:
    """Make one UsageError of all that a store's library can raise: they have no kind in common."""
    try:
        yield
    except IntakeError:
        raise
    except Exception as error:
        raise UsageError(
            f"could not {verb} {url}: {type(error).__name__}: {error}. Credentials are taken from "
            f"the environment, as by the store's own tools. {remedy}".rstrip()
        ) from error
