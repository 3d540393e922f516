"""The scorecards that a hiring team reads: one HTML page a candidate and one for the cohort.

Owns how the pages look, what they are called and that they are harmless; the text is in
``templates/``. What they say is :mod:`autograde.scorecard`'s: nothing here decides or adds a score.
Beside each candidate's page lies the same as JSON (:mod:`autograde.sheet`), and its schema.

Nearly all text comes from submissions and is hostile. The templates escape everything; a page has
no script, no form, nothing from elsewhere, and a content security policy that says so again. The
same results give the same bytes, so nothing here looks at the clock.
"""

import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograde import catalog, sheet
from autograde.diff import Diff
from autograde.errors import UsageError
from autograde.items import ENOUGH, FEW
from autograde.outputs import clean_text
from autograde.results import write_atomically
from autograde.scorecard import Card, Cohort, Manual, TaskShare, number, percent
from autograde.verdict import Result, Status

#: A longer reason is folded: beside the rest it would hide the other tasks.
LONG = 320
#: Told apart by people who cannot tell red from green; a word always stands beside the colour.
COLOURS = {
    Status.PASSED: "#009e73",
    Status.PARTIAL: "#56b4e9",
    Status.NOT_ATTEMPTED: "#a8a8a8",
    Status.WRONG: "#e0762b",
    Status.CRASHED: "#cc79a7",
    Status.TIMED_OUT: "#e6b400",
    Status.OUT_OF_MEMORY: "#b08d3c",
    Status.SKIPPED: "#d4d4d4",
    Status.GRADER_ERROR: "#ff5c5c",
}

#: The schema of the JSON; no candidate's page has such a name (:func:`page_name`).
SCHEMA = "scorecard.schema.json"

_MARK = '<meta name="generator" content="autograde scorecard">'
_INK = "#010203"  # stands in a figure for the page's own text colour, which differs in the dark
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
_STYLE = {
    **dict.fromkeys(_INKED, _INK),
    "svg.hashsalt": "autograde",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 8.5,
    "hatch.color": "#111",
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Scorecards:
    """Where the pages are: the cohort's, and each candidate's by name."""

    cohort: Path
    candidates: Mapping[str, Path]


def write(
    lab: catalog.Lab,
    results: Sequence[Result],
    folder: Path,
    manual: Mapping[str, Manual] = {},
    missing: Sequence[str] = (),
    late: Mapping[str, float] = {},
) -> Scorecards:
    """Write the scorecards of one lab and remove those of candidates who no longer have a result.

    Parameters
    ----------
    lab
        What ``lab.yaml`` says; points come from the results.
    results
        The standing results, one a candidate.
    folder
        Where the pages go; made if needed. Only scorecards are removed from it.
    manual
        Points that readers gave: candidate to grade id to points, None while not read.
    missing
        Candidates whose last grading did not finish: they are listed, without a score.
    late
        Minutes after the time for those who handed in late.

    Returns
    -------
    Scorecards
        The paths.

    Raises
    ------
    UsageError
        If a result is of another lab, or a candidate has two, or has one and is missing.
    """
    strange = sorted({result.lab for result in results} - {lab.name})
    if strange:
        raise UsageError(f"results of {', '.join(strange)} in a report on {lab.name}")
    names = Counter([*(result.candidate for result in results), *missing])
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise UsageError(f"not exactly one result, or none, for {', '.join(twice)}")

    ordered = sorted(results, key=lambda result: result.candidate)  # so the bytes do not vary
    cards = [
        Card(lab, one, manual.get(one.candidate, {}), late.get(one.candidate, 0.0))
        for one in ordered
    ]
    cohort = Cohort(lab, cards, missing)
    one, all_ = map(_templates().get_template, ("candidate.html", "cohort.html"))
    pages = {folder / SCHEMA: sheet.schema()}
    for card in cards:
        page = folder / page_name(card.name)
        data = page.with_suffix(".json")
        pages[page] = one.render(lab=lab, card=card, cohort=cohort, data=data.name, schema=SCHEMA)
        pages[data] = sheet.sheet(card, cohort).model_dump_json(indent=1) + "\n"
    pages[folder / "index.html"] = all_.render(lab=lab, cohort=cohort)
    for path, text in pages.items():
        write_atomically(path, text)
    for path in set(folder.glob("*.html")) - set(pages):
        if _MARK.encode() in path.read_bytes()[:1000]:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink()  # else a score would stand that the last grading did not give
    return Scorecards(
        folder / "index.html", {card.name: folder / page_name(card.name) for card in cards}
    )


def write_diff(diff: Diff, path: Path) -> None:
    """Write the page that compares two runs."""
    write_atomically(path, _templates().get_template("diff.html").render(diff=diff))


def page_name(candidate: str) -> str:
    """File name of a candidate's page: the name itself if it is safe, else a slug and a hash.

    Two candidates never share a page: safe names have no dot, the others have one before the hash;
    capitals are not safe, because some file systems do not tell them apart.
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", candidate) and candidate != "index":
        return f"{candidate}.html"
    ascii_only = unicodedata.normalize("NFKD", candidate).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:40] or "candidate"
    digest = hashlib.sha256(candidate.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}.{digest[:16]}.html"


# -- figures ---------------------------------------------------------------------------------------


def histogram(totals: Sequence[float]) -> Markup:
    """Draw the distribution of the shares that candidates earned."""
    # Counted here: 0.3 belongs between 30 and 40 %, whatever its last bit is.
    bins = Counter(min(int(share * 10 + 1e-9), 9) for share in totals)
    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(5, 2.1), layout="constrained")
        axes = figure.add_subplot()
        axes.bar([10 * b + 5 for b in bins], list(bins.values()), width=9, color="#7a8ca0")
        axes.set(xlim=(0, 100), xlabel="automatic points earned, %", ylabel="candidates")
        axes.set_xticks(range(0, 101, 10))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return _svg(figure)


def stacked(tasks: Sequence[TaskShare]) -> Markup:
    """Draw the share of each verdict in each checked task, of which there must be one."""
    rows, begin = range(len(tasks)), [0.0] * len(tasks)
    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(5, 0.95 + 0.3 * len(tasks)), layout="constrained")
        axes = figure.add_subplot()
        for status, colour in COLOURS.items():
            counts = [task.words.get(status, 0) for task in tasks]
            if not any(counts):
                continue
            wide = [100 * counts[row] / sum(tasks[row].words.values()) for row in rows]
            hatch = "////" if status is Status.GRADER_ERROR else None
            axes.barh(rows, wide, 0.7, begin, color=colour, label=str(status), hatch=hatch)
            for row in rows:
                if wide[row] > 4:
                    middle = begin[row] + wide[row] / 2
                    label = axes.text(middle, row, str(counts[row]), color="#111", ha="center")
                    label.set(va="center_baseline")
                    label.set_bbox({"fc": colour, "ec": "none", "pad": 1})
                begin[row] += wide[row]
        axes.set(xlim=(0, 100), xlabel="candidates, % (in the bars: how many)")
        axes.set_yticks(rows, [task.id for task in tasks])
        axes.invert_yaxis()
        figure.legend(loc="outside upper left", ncols=4, frameon=False, handlelength=1)
        return _svg(figure)


def _svg(figure: Figure) -> Markup:
    """Write a figure as an SVG element in the page's text colour, always with the same bytes."""
    buffer = io.StringIO()
    none = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=none)
    _, _, element = buffer.getvalue().partition("<svg")
    attributes, _, content = element.partition(">")
    _, _, box = attributes.partition(' viewBox="')
    box, _, _ = box.partition('"')
    content = content.replace(_INK, "currentColor")
    return Markup(f'<svg aria-hidden="true" viewBox="{box}">{content}')


# -- text ------------------------------------------------------------------------------------------


def moment(text: str) -> str:
    """Write an ISO time to the minute, with its time zone; other text stays as it is."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return text


def _clean(value: object) -> object:
    """Take control characters out of what a template prints, but leave our own markup."""
    return clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("autograde"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "percent": percent, "moment": moment, "page_name": page_name}
    made.filters |= {"histogram": histogram, "stacked": stacked}
    made.globals |= {
        "LONG": LONG,
        "FEW": FEW,
        "ENOUGH": ENOUGH,
        "COLOURS": COLOURS,
        "MARK": Markup(_MARK),
    }
    return made
