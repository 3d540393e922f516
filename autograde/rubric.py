"""Parts of a rubric that can be measured on a candidate's files: their text, tests and documents.

Owns how it is measured and what comes out, as data: findings of a linter and of a type checker,
how a suite of tests ended, what a README's commands did. The description of an API is
:mod:`autograde.openapi`'s. Owns no points but the arithmetic, and no reasons: what is asked for,
and the words for what is wrong, are the lab's (``hidden.py``). Code of the candidate's runs in
commands (:mod:`autograde.commands`) and nowhere else.
"""

import hashlib
import json
import math
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeVar

from platformdirs import user_cache_path

from autograde import catalog, commands
from autograde.checks import Earned, Wrong
from autograde.errors import GradingError

Files = Mapping[str, bytes]
Pair = TypeVar("Pair")
#: Draws of the bootstrap: its 95 % bounds are then the tenth value from either end.
RESAMPLES = 400

# --- points --------------------------------------------------------------------------------------


def part_of(points: float, share: float, reason: str) -> Earned:
    """A share of the points, and why it is not the whole."""
    return Earned(points * share, reason if share < 1 else "")


def shares(points: float, parts: Iterable[tuple[float, Callable[[], object]]]) -> Earned:
    """Points by parts that stand for themselves: each counts unless it raises ``Wrong``.

    Parameters
    ----------
    points
        For all of them.
    parts
        The weight of each, and a function that raises ``Wrong`` if it is not so. One may return
        an ``Earned`` of its own, from 0 to 1.

    Returns
    -------
    Earned
        The points and the reasons of what is lost, two at most.
    """
    total, got, reasons = 0.0, 0.0, []
    for weight, part in parts:
        total += weight
        try:
            found = part()
        except Wrong as wrong:
            reasons.append(str(wrong))
            continue
        share = float(found) if isinstance(found, Earned) else 1.0
        got += weight * share
        if isinstance(found, Earned) and share < 1:
            reasons.append(found.reason)
    return Earned(
        points if got == total else points * got / total,
        "; ".join(list(dict.fromkeys(reasons))[:2]),
    )


def by_ratio(points: float, ratio: float, full_at: float, zero_at: float) -> float:
    """Points for taking ``ratio`` times as long as ours, on a logarithmic scale between bounds."""
    if not ratio > 0:
        return 0.0
    share = math.log(zero_at / ratio) / math.log(zero_at / full_at)
    return points * min(1.0, max(0.0, share))


class Ratio(float):
    """A measured ratio; ``low`` and ``high`` are what its rounds leave possible."""

    low: float
    high: float

    def __new__(cls, value: float, low: float, high: float) -> "Ratio":
        """Make the number and keep its bounds."""
        made = super().__new__(cls, value)
        made.low, made.high = low, high
        return made


def measured(points: float, ratio: Ratio, full_at: float, zero_at: float, words: str) -> Earned:
    """Points by :func:`by_ratio`, with those that the measurement's own noise leaves possible."""
    low, value, high = (
        by_ratio(points, each, full_at, zero_at) for each in (ratio.high, ratio, ratio.low)
    )
    return Earned(value, words, (min(low, value), max(value, high)))


def noisy(pairs: Sequence[Pair], estimate: Callable[[Sequence[Pair]], float]) -> Ratio:
    """An estimate from the rounds of a measurement, with bounds by the percentile bootstrap.

    The rounds are drawn again with replacement; the bounds hold 95 % of the estimates. What
    disturbs all rounds alike they cannot see.

    Parameters
    ----------
    pairs
        What each round gave.
    estimate
        The ratio, of any selection of them.
    """
    draw = random.Random(0)
    drawn = sorted(estimate(draw.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    cut = round(0.025 * RESAMPLES)
    return Ratio(estimate(pairs), drawn[cut], drawn[-cut - 1])


def times_as_long(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int, *, seconds: float
) -> Ratio:
    """How many times as long as ours theirs takes, measured in turns on the same machine.

    Whatever else the machine does can only add to a time, so the least of each is compared; and in
    case it does so all along on one side, the rounds, too, of which the median counts. The smaller
    of the two is returned.

    Parameters
    ----------
    ours, theirs
        Do one round and return its seconds.
    rounds
        How many; whose turn is first changes from one to the next.
    seconds
        After these no round is begun but the first two.
    """
    pairs: list[tuple[float, float]] = []
    until = time.monotonic() + seconds
    for number in range(rounds):
        if number >= 2 and time.monotonic() > until:
            break
        if number % 2:
            first = ours()
            pairs.append((first, theirs()))
        else:
            second = theirs()
            pairs.append((ours(), second))
    return noisy(pairs, _times_as_long)


def _times_as_long(pairs: Sequence[tuple[float, float]]) -> float:
    least = min(theirs for _, theirs in pairs) / min(ours for ours, _ in pairs)
    return min(least, statistics.median(theirs / ours for ours, theirs in pairs))


# --- text ----------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Finding:
    """What a tool says of one line: its code, such as ``E501`` or ``no-untyped-def``."""

    path: str
    line: int
    code: str


def lint(files: Files, folder: str, select: str, *, options: Sequence[str] = ()) -> list[Finding]:
    """What ruff finds in the Python files of a folder, comments that silence it left aside.

    Raises
    ------
    Wrong
        If it cannot be run to its end, as with a file that is no text.
    """
    texts = {path: text for path, text in files.items() if path.endswith(".py")}
    # Candidates could excuse themselves from any rule by a comment, so comments do not count.
    line = ["ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--select", select]
    ended = commands.run([*line, *options, "--output-format", "json", folder], texts, seconds=20)
    try:
        found = [
            Finding(_inside(each["filename"], folder), each["location"]["row"], each["code"] or "E")
            for each in json.loads(ended.output)
        ]
    except (ValueError, TypeError, KeyError):
        raise Wrong("the linter cannot read these files") from None
    return sorted(found)


# Other places where it would look for settings are not among the files.
MYPY = (
    *("python", "-m", "mypy", "--strict", "--config-file="),
    *("--no-error-summary", "--show-error-codes"),
)
#: Where a run finds what mypy knows of the libraries.
KNOWN = ".types"


@cache
def _known_types() -> Files:
    """What mypy knows of the libraries, so that a run takes a second instead of ten.

    It is worked out once on this machine, from our own text and outside of every sandbox; each run
    gets a copy, so that no candidate's files can change it.
    """
    made_of = [sys.prefix, *(f"{name} {version(name)}" for name in ("mypy", *commands.LIBRARIES))]
    key = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:16]
    folder = user_cache_path("ml-interview-labs") / f"types-{key}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            text = "".join(f"import {name}\n" for name in commands.LIBRARIES)
            Path(work, "known.py").write_text(text, encoding="utf-8")
            line = [sys.executable, *MYPY[1:], f"--cache-dir={KNOWN}", "known.py"]
            made = subprocess.run(line, cwd=work, capture_output=True, text=True, check=False)
            if made.returncode:
                raise GradingError(f"mypy cannot read the libraries: {made.stdout[-2000:]}")
            with suppress(OSError):  # another grading may have been first
                Path(work, KNOWN).rename(folder)
    return catalog.files(folder)


_TYPE_ERROR = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+): error: .*?(\[(?P<code>[a-z-]+)\])?$")
_SILENCED = re.compile(r"#\s*(mypy:|type:\s*ignore(?!\[))")


def types(files: Files, folder: str, *, seconds: float = 80) -> list[Finding]:
    """What ``mypy --strict`` finds in a folder; an error outside of it is nobody's.

    A comment that turns it off, for a file or for all kinds of errors of a line, is a finding with
    the code ``silenced``.

    Raises
    ------
    Wrong
        If it cannot be run to its end.
    """
    texts = {path: text for path, text in files.items() if path.endswith((".py", ".pyi"))}
    given = {f"{KNOWN}/{path}": content for path, content in _known_types().items()}
    ended = commands.run(
        [*MYPY, f"--cache-dir={KNOWN}", folder],
        {**texts, **given},
        seconds=seconds,
        libraries=("mypy.main",),
    )
    found = [
        Finding(path, number, "silenced")
        for path, text in texts.items()
        if path.startswith(f"{folder}/")
        for number, words in enumerate(text.decode("utf-8", "replace").splitlines(), start=1)
        if _SILENCED.search(words)
    ]
    errors = [match for match in map(_TYPE_ERROR.match, ended.output.splitlines()) if match]
    if ended.status not in (0, 1) or (ended.status == 1 and not errors):
        raise Wrong("the type checker cannot read these files")
    for match in errors:
        if match["path"].startswith(f"{folder}/"):
            found.append(Finding(match["path"], int(match["line"]), match["code"] or "misc"))
    return sorted(found)


def _inside(path: str, folder: str) -> str:
    return f"{folder}/" + path.rpartition(f"/{folder}/")[2]


# --- tests ---------------------------------------------------------------------------------------

Outcome = Literal["passes", "fails", "no tests", "broken", "too slow", "stopped"]


@dataclass(frozen=True)
class Run:
    """How a suite of tests ended, and which test functions failed: pytest's words, or its own.

    Attributes
    ----------
    outcome
        ``broken``: tests that cannot be collected, or pytest's own failure; ``stopped``: a limit of
        memory or of CPU time, or a signal.
    failed
        Such as ``tests/test_service.py::test_health``, without parameters.
    """

    outcome: Outcome
    failed: frozenset[str] = frozenset()


_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s:]+\.py(?:::\w+)+)", re.MULTILINE)


def suite(
    files: Files,
    folder: str,
    *,
    seconds: float = 20,
    whole: bool = False,
    without: Iterable[str] = (),
) -> Run:
    """Run a suite of tests.

    Parameters
    ----------
    files, folder
        What is there, and where the tests are.
    seconds
        For the run.
    whole
        Whether it goes on after its first failure.
    without
        Test functions that are left out.
    """
    line = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "--tb=no"]
    line += ["--color=no", "--disable-warnings", "-rfE", *(() if whole else ("-x",))]
    line += [*(f"--deselect={test}" for test in sorted(without)), folder]
    ended = commands.run(line, files, seconds=seconds)
    if ended.why == "time":
        return Run("too slow")
    if ended.why != "by itself" or ended.status is None or ended.status > 5:
        return Run("stopped")
    outcomes: tuple[Outcome, ...] = (
        *("passes", "fails", "broken", "broken", "broken", "no tests"),
    )
    failed = frozenset(_FAILED.findall(ended.output))
    return Run(outcomes[ended.status], failed if ended.status == 1 else frozenset())


# --- README --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence (``bash``, ``server``), and its text."""

    marks: tuple[str, ...]
    text: str


_FENCE = re.compile(
    r"^ {0,3}(?P<fence>```+|~~~+)[ \t]*(?P<marks>[^\n`]*)\n(?P<text>.*?)^ {0,3}(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a text, in their order."""
    return [
        Block(tuple(match["marks"].split()), match["text"]) for match in _FENCE.finditer(markdown)
    ]


def tables(markdown: str) -> list[list[list[str]]]:
    """The tables of a text: rows of cells, without the line under the header."""
    found: list[list[list[str]]] = [[]]
    for line in _FENCE.sub("\n", markdown).splitlines():
        if not line.strip().startswith("|"):
            found.append([])
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not all(re.fullmatch(":?-+:?", cell) for cell in cells):
            found[-1].append(cells)
    return [table for table in found if table]


@dataclass(frozen=True)
class Commands:
    """What the commands of a README did: the status of each block that ended, by its number.

    ``up`` says of each block that starts a server whether it answered as it should.
    """

    statuses: Mapping[int, int]
    up: Mapping[int, bool]


def run_blocks(
    listed: Sequence[Block],
    files: Files,
    answers: Callable[[commands.Command], bool],
    *,
    port: int = 8000,
    seconds: float = 60,
) -> Commands:
    """Run the blocks of a README in their order, in one fresh copy of the files.

    A block with the mark ``server`` goes on in the background while the next ones run.

    Parameters
    ----------
    listed, files
        The blocks and the copy.
    answers
        Whether the server answers as it should; called when all other blocks have ended.
    port
        Where a server has to listen before the next block begins, for 20 seconds at most.
    seconds
        For all of them.
    """
    word = secrets.token_hex(8)
    script = ["export PYTHONUNBUFFERED=1"]
    servers = [number for number, block in enumerate(listed) if "server" in block.marks]
    texts = dict(files)
    for number, block in enumerate(listed):
        texts[f".block{number}.sh"] = block.text.encode()
        if number in servers:
            script += [
                f"bash -e .block{number}.sh </dev/null >/dev/null 2>&1 &",
                f"for _ in $(seq 200); do (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null "
                "&& break; kill -0 $! 2>/dev/null || break; sleep 0.1; done",
            ]
        else:
            quiet = f"bash -e .block{number}.sh </dev/null >/dev/null 2>&1"
            script += [quiet, f'echo "{word} {number} $?"']
    script += [f'echo "{word} over"', "sleep 1000"]
    texts[".blocks.sh"] = "\n".join(script).encode()
    with commands.start(["bash", ".blocks.sh"], texts) as run:
        deadline = time.monotonic() + seconds
        while f"{word} over" not in run.output and time.monotonic() < deadline and run.running:
            time.sleep(0.05)
        up = {number: answers(run) for number in servers}
        ended = re.findall(rf"^{word} (\d+) (\d+)$", run.output, re.MULTILINE)
    return Commands({int(number): int(status) for number, status in ended}, up)
