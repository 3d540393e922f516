"""The scorecards: rendered for real, read back as a browser would, and never wrong about a point.

Pages are parsed with ``html.parser``; nothing is compared with a stored page.
"""

import dataclasses
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from autograde import report, scorecard
from autograde.catalog import Lab
from autograde.errors import UsageError
from autograde.verdict import Hashes, Reading, Result, Status, Verdict, total

EVIL = (
    "</td></details><script>alert(1)</script>\"' onload=x <img src=http://e.x/a onerror=y>{{ 7*7 }}"
)
VOID = {"meta", "br", "img", "link", "input", "hr"}

LAB = Lab.model_validate(
    {
        "name": "delays",
        "title": {"ko": "아무도 믿지 않는 대시보드", "en": "The dashboard nobody trusts"},
        "summary": {"ko": "", "en": ""},
        "level": "mid",
        "minutes": 45,
        "libraries": [],
        "tasks": [
            {
                "id": "join",
                "title": "Join & keep",
                "points": 20,
                "minutes": 9,
                "competency": "data_handling",
            },
            {
                "id": "memo",
                "title": "Say why",
                "points": 10,
                "minutes": 9,
                "parts": {"claims": 6, "text": 4},
                "competency": {"claims": "data_handling", "text": "communication"},
            },
        ],
    }
)


def verdict(
    cell: str, status: Status, score: float | None, reason: str = "", detail: str = ""
) -> Verdict:
    """A verdict on one of the lab's two checks."""
    part = "claims" if cell == "check_memo_claims" else None
    return Verdict(
        cell=cell,
        task="memo" if part else "join",
        part=part,
        points=6 if part else 20,
        score=score,
        status=status,
        reason=reason,
        detail=detail,
        wall=1.25,
        cpu=0.5,
    )


def result(
    candidate: str = "kim",
    join: Verdict | None = None,
    claims: Verdict | None = None,
    *,
    attempted: bool = True,
    tests: str = "a" * 64,
    **fields: object,
) -> Result:
    """A result with full points unless said otherwise."""
    join = join or verdict("check_join", Status.PASSED, 20.0)
    claims = claims or verdict("check_memo_claims", Status.PASSED, 6.0)
    reading = Reading(cell="memo_text", task="memo", part="text", points=4, attempted=attempted)
    return Result.model_validate(
        {
            "lab": "delays",
            "candidate": candidate,
            "status": "graded",
            "verdicts": (join, claims),
            "readings": (reading,),
            "started": "2026-11-23T18:31:05+00:00",
            "wall": 3.0,
            "cpu": 2.0,
            "hashes": Hashes(submission="b" * 64, tests=tests, data="d" * 64, environment="c" * 64),
        }
        | fields
    )


FAULTY = verdict(
    "check_join", Status.GRADER_ERROR, None, "the check itself is faulty", "Zero\nLine"
)
HOSTILE = result(
    EVIL,
    verdict("check_join", Status.WRONG, 0.0, EVIL + "\u202e\x1b[31m", EVIL),
    tampering=(EVIL,),
    note=EVIL,
)


class Page(HTMLParser):
    """A page as a browser would read it: elements with attributes, text, and nesting."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and a table's row or cell."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Refuse elements that overlap."""
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        """Note text, and whose cell it is in."""
        if "style" not in self.open:
            self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        """All words of the page, one space between them."""
        return " ".join(" ".join(self.words).split())

    def row(self, first: str) -> list[str]:
        """Cells of the first table row that begins like this."""
        cells = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        return next(row for row in cells if row[0].startswith(first))


Pages = Callable[..., dict[str, Page]]


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """Write scorecards and read them back: candidate to page, the cohort under ``""``."""

    def write(*results: Result, **options: object) -> dict[str, Page]:
        cards = report.write(LAB, results, tmp_path, **options)
        read = {name: Page(path) for name, path in cards.candidates.items()}
        return read | {"": Page(cards.cohort)}

    return write


def test_page_says_what_was_found(pages: Pages) -> None:
    """Lab, total, verdicts, reasons, seconds, time of grading and hashes are on the page."""
    wrong = verdict("check_join", Status.WRONG, 0.0, "a flight without a plane is lost")
    page = pages(result("kim", wrong, tampering=("the cell 'x' was deleted",)))["kim"]
    for words in (
        "아무도 믿지 않는 대시보드",
        "The dashboard nobody trusts",
        "delays, level: mid, track: all, 45 minutes",
        "6 of 26 automatic points",
        "4 more points wait for a reader",
        "the cell 'x' was deleted",
        "2026-11-23 18:31 UTC",
    ):
        assert words in page.text
    row = page.row("Join & keep")
    assert row == [
        "Join & keep",
        "0 of 20",
        "wrong a flight without a plane is lost",
        "1.25",
        "0.50",
    ]
    titles = {attributes.get("title") for _, attributes in page.elements}
    assert {"a" * 64, "b" * 64, "c" * 64} <= titles


@pytest.mark.parametrize("name", [EVIL, ""])
def test_hostile_text_stays_text(pages: Pages, name: str) -> None:
    """What a submission says makes no element, no attribute, no link and no template."""
    page = pages(HOSTILE, missing=[EVIL + "2"])[name]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "form", "input", "link", "base"}
    for _, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on") or key == "src"]
        for key in ("href", "xlink:href"):
            assert re.fullmatch(r"|#[\w-]+|[\w.-]+\.(html|json)", attributes.get(key) or "")
    assert not page.open[1:]
    assert " ".join(EVIL.split()) in page.text
    assert "\u202e" not in page.source
    assert "\x1b" not in page.source


def test_pages_need_nothing_from_elsewhere(pages: Pages) -> None:
    """No page names another host, and each forbids scripts and requests."""
    for page in pages(result(), result("lee")).values():
        assert "//" not in page.source
        policy = [a["content"] for _, a in page.elements if a.get("http-equiv")]
        assert policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_pages_are_accessible(pages: Pages) -> None:
    """Language, header scopes, names of pictures and one main heading are set on every page."""
    for page in pages(result(), result("lee", FAULTY, status="grader error")).values():
        assert page.elements[0] == ("html", {"lang": "en"})
        assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
        pictures = [a for tag, a in page.elements if tag == "svg"]
        assert pictures
        assert all("aria-label" in a or a.get("aria-hidden") == "true" for a in pictures)
        assert all(a.get("aria-label") for _, a in page.elements if a.get("role") == "img")
        assert [tag for tag, _ in page.elements].count("h1") == 1


def test_same_results_same_bytes(tmp_path: Path) -> None:
    """The order of the results, the folder and the time of writing leave no trace."""
    half = verdict("check_join", Status.PARTIAL, 10.0, "half of them")
    results = [result("kim"), result("lee", FAULTY, status="grader error"), result("park", half)]
    first = report.write(LAB, results, tmp_path / "a", {}, ["x", "y"])
    again = report.write(LAB, results[::-1], tmp_path / "b", {}, ["y", "x"])
    assert first.cohort.read_bytes() == again.cohort.read_bytes()
    for name, path in first.candidates.items():
        assert path.read_bytes() == again.candidates[name].read_bytes()


def test_sums_are_the_results_own() -> None:
    """Points by task, and the automatic sum, are what the result says."""
    partial = verdict("check_join", Status.PARTIAL, 13.333333)
    graded = result(join=partial)
    card = scorecard.Card(LAB, graded, {"memo_text": 2.5})
    assert (card.automatic.earned, card.automatic.possible) == (graded.score, graded.points)
    assert card.together.earned == total([graded.score, 2.5])
    assert [task.points.possible for task in card.tasks] == [20, 10]
    assert str(card.automatic) == "19.33 of 26"


def test_unread_points_are_open(pages: Pages) -> None:
    """Points that wait for a reader stand apart and count neither as 0 nor as earned."""
    page = pages(result(), manual={"kim": {"memo_text": None}})["kim"]
    assert "26 of 26 automatic points" in page.text
    assert "26 to 30 of 30 points together" in page.text
    assert page.row("text")[:3] == ["text", "? of 4", "waits for a reader"]


def test_points_by_a_reader_are_added(pages: Pages) -> None:
    """A score from the gradebook is shown beside the automatic points, not among them."""
    page = pages(result(), manual={"kim": {"memo_text": 3.5}})["kim"]
    assert "26 of 26 automatic points" in page.text
    assert "3.5 of 4 points by a reader" in page.text
    assert "29.5 of 30 points together" in page.text
    assert page.row("text")[:3] == ["text", "3.5 of 4", "read"]


def test_nothing_written_needs_no_reader(pages: Pages) -> None:
    """An answer that was never written is 0 and does not wait."""
    page = pages(result(attempted=False))["kim"]
    assert page.row("text")[:3] == ["text", "0 of 4", "nothing written"]
    assert "wait" not in page.text


def test_grader_error_is_loud_and_costs_nothing(pages: Pages) -> None:
    """Undecided points make a range, with a warning on the card and on the cohort's page."""
    written = pages(result(join=FAULTY, status="grader error"))
    page = written["kim"]
    assert "6 to 26 of 26 automatic points" in page.text
    assert "Grader error: 20 points are undecided." in page.text
    assert page.row("Join")[1] == "? of 20"
    assert "20 points undecided" in written[""].row("kim")[-1]


def test_person_settles_a_grader_error(pages: Pages) -> None:
    """A person's points for a faulty check count together, and the page says whose they are."""
    written = pages(
        result(join=FAULTY, status="grader error"),
        manual={"kim": {"check_join": 15.0, "memo_text": 4.0}},
    )
    text = written["kim"].text
    assert "Join & keep: A person gave 15; the check left it open." in text
    assert "25 of 30 points together" in text
    assert "undecided" not in text
    assert "25 of 30" in written[""].row("kim")


def test_readers_points_without_a_cell_are_not_counted(pages: Pages) -> None:
    """Points for a cell that this grading did not have are said, not added."""
    page = pages(result(), manual={"kim": {"gone": 5.0, "memo_text": 1.0}})["kim"]
    assert "5 for gone" in page.text
    assert "27 of 30 points together" in page.text


def test_unreadable_submission_says_why(pages: Pages) -> None:
    """The note stands on the card; the cohort's figures leave the submission out."""
    nothing = [
        verdict(cell, Status.NOT_ATTEMPTED, 0.0, "not JSON")
        for cell in ("check_join", "check_memo_claims")
    ]
    broken = result("lee", *nothing, attempted=False, status="unreadable", note="not JSON: line 8")
    written = pages(result(), broken)
    assert "could not be read" in written["lee"].text
    assert "not JSON: line 8" in written["lee"].text
    assert "left out: 1 unreadable" in written[""].text
    assert "100 % (n = 1)" in written[""].row("Join")


def test_missing_candidate_has_no_score(pages: Pages) -> None:
    """A candidate whose last grading did not finish is listed without any number."""
    page = pages(result(), missing=["lee"])[""]
    assert page.row("lee") == ["lee", "", "", "no result", "the last grading did not finish"]
    assert "No result for 1" in page.text


def test_old_card_does_not_outlive_its_result(tmp_path: Path) -> None:
    """A card without a result goes; a page that is no scorecard stays."""
    old = report.write(LAB, [result("kim"), result("lee")], tmp_path).candidates["lee"]
    other = tmp_path / "notes.html"
    other.write_text("<p>mine")
    report.write(LAB, [result("kim")], tmp_path, missing=["lee"])
    assert not old.exists()
    names = {"index.html", "kim.html", "kim.json", report.SCHEMA, "notes.html"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_long_reason_is_folded_whole(pages: Pages) -> None:
    """The start of a long reason is seen, the rest unfolds, and nothing is lost."""
    reason = " ".join(f"row {n} differs;" for n in range(100))
    page = pages(result(join=verdict("check_join", Status.WRONG, 0.0, reason)))["kim"]
    shown = page.row("Join")[2].removeprefix("wrong ")
    start, rest = shown.split("……")
    assert len(start) <= report.LONG
    assert (start + rest).replace(" ", "") == reason.replace(" ", "")


def test_tracebacks_are_closed_and_marked(pages: Pages) -> None:
    """What may quote hidden tests is in a closed element that says whom it is for."""
    page = pages(result(join=FAULTY, status="grader error"))["kim"]
    folded = [attributes for tag, attributes in page.elements if tag == "details"]
    assert folded == [{"class": "graders"}]
    before, _, after = page.source.partition('<details class="graders">')
    assert "Zero\nLine" in after.partition("</details>")[0]
    assert "Zero" not in before
    assert "For graders only: tracebacks of 1 check" in page.text


def test_changed_lab_is_said(tmp_path: Path) -> None:
    """A result with other points than ``lab.yaml`` keeps its own and says so."""
    join, memo = LAB.tasks
    extra = join.model_copy(update={"id": "more", "points": 5})
    lab = LAB.model_copy(update={"tasks": [join.model_copy(update={"points": 30}), memo, extra]})
    page = Page(report.write(lab, [result()], tmp_path).candidates["kim"])
    assert "join: 30 points in lab.yaml, 20 in this grading" in page.text
    assert "more: 5 points in lab.yaml, 0 in this grading" in page.text
    assert page.row("Join")[1] == "20 of 20"


def test_few_candidates_are_said_to_be_few(pages: Pages) -> None:
    """Below ten, the cohort's figures come with a warning; from ten on without."""
    names = [f"c{n}" for n in range(10)]
    assert "n = 3: too few to mean much" in pages(*map(result, names[:3]))[""].text
    assert "too few" not in pages(*map(result, names))[""].text


def test_mixed_tests_are_a_warning(pages: Pages) -> None:
    """Results of different tests are not to be compared, and the odd ones are named."""
    same = pages(result("kim"), result("lee"))[""].text
    assert "different versions" not in same
    mixed = pages(result("kim"), result("lee"), result("park", tests="d" * 64))[""].text
    assert "2 different versions of the tests" in mixed
    assert "dddddddddddd : 1 ( park )" in mixed


def test_difficulty_counts_decided_checks_only(pages: Pages) -> None:
    """The mean leaves out what is undecided and says of how many it is the mean."""
    half = verdict("check_join", Status.PARTIAL, 10.0)
    page = pages(result("a"), result("b", half), result("c", FAULTY, status="grader error"))[""]
    row = page.row("Join")
    assert row[1] == "75 % (n = 2)"
    assert row[2] == "passed 33 % (1) partial 33 % (1) grader error 33 % (1)"


def test_empty_cohort_is_a_page(pages: Pages) -> None:
    """With nothing graded there is still a page that says so."""
    assert "n = 0 graded; 1 without a result" in pages(missing=["kim"])[""].text


def test_task_for_readers_alone(pages: Pages) -> None:
    """A cohort whose checks are all gone has no bars but a word for each task."""
    page = pages(result(verdicts=()))[""]
    assert page.row("Say why")[1:] == ["none decided", "waits for a reader 100 % (1)"]


def test_page_names_are_safe_and_apart() -> None:
    """Every candidate has a page of their own, in this folder, on any file system."""
    names = [
        "kim",
        "Kim",
        "index",
        "../kim",
        "kim/1",
        "홍길동",
        "홍길순",
        "",
        "a" * 300,
        ".kim",
        EVIL,
    ]
    made = [report.page_name(name) for name in names]
    assert made[0] == "kim.html"
    assert len({name.casefold() for name in made}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]*(\.[0-9a-f]{16})?\.html", name) for name in made)
    assert "index.html" not in made
    # A hashed name cannot be claimed by a candidate who calls themselves that.
    assert report.page_name(made[1].removesuffix(".html")) != made[1]


@pytest.mark.parametrize(
    ("results", "missing", "words"),
    [
        ([result().model_copy(update={"lab": "other"})], (), "results of other"),
        ([result(), result()], (), "kim"),
        ([result()], ("kim",), "kim"),
    ],
)
def test_contradictions_are_refused(
    results: list[Result], missing: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """Another lab's result, two results, or one that is also missing write nothing."""
    with pytest.raises(UsageError, match=words):
        report.write(LAB, results, tmp_path, missing=missing)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (1, "100 %"), (0.0004, "1 %"), (0.9996, "99 %"), (0.5, "50 %")],
)
def test_rounding_claims_neither_all_nor_nothing(share: float, words: str) -> None:
    """Only all is 100 % and only nothing is 0 %."""
    assert scorecard.percent(share) == words


def test_open_points_are_a_range() -> None:
    """Points print as a sum, as a range, or as a question."""
    points = scorecard.Points(5, 10)
    assert str(points) == "5 of 10"
    assert str(dataclasses.replace(points, waiting=4)) == "5 to 9 of 10"
    assert str(dataclasses.replace(points, earned=0, undecided=4, waiting=6)) == "? of 10"


def many(n: int) -> list[Result]:
    """Results of n candidates, the later ones with more points in both tasks."""
    return [
        result(
            f"c{index:03}",
            verdict("check_join", Status.PARTIAL, 20.0 * index / n),
            verdict("check_memo_claims", Status.PARTIAL, 6.0 * (index // 2 * 2) / n),
        )
        for index in range(n)
    ]


def test_a_large_cohort_has_figures_and_percentiles(tmp_path: Path) -> None:
    """Shares, correlations and alpha with intervals; each candidate's place with n and date."""
    cards = report.write(LAB, many(40), tmp_path)
    page = Page(cards.cohort).text
    assert re.search(
        r"Join & keep 0\.49 \(0\.\d\d to 0\.\d\d\) 1\.00 \(1\.00 to 1\.00\) 1\.2", page
    )
    assert re.search(r"Cronbach's alpha over 2 tasks: 0\.\d\d \(0\.\d\d to 0\.\d\d\)", page)
    assert "Not enough candidates" not in page
    place = "above 51 % of the candidates graded with these tests until 2026-11-23 (n = 40"
    assert place in Page(cards.candidates["c020"]).text


def test_a_small_cohort_says_that_it_is_small(tmp_path: Path) -> None:
    """No correlation, alpha or percentile of few; the number that is needed stands there."""
    cards = report.write(LAB, many(12), tmp_path)
    page = Page(cards.cohort).text
    assert "Not enough candidates (n = 12)" in page
    assert "correlations and alpha need 30" in page
    assert "Cronbach's alpha over" not in page
    one = Page(cards.candidates["c003"]).text
    assert "not enough candidates to compare (n = 12, 30 needed)" in one
    assert "above" not in one


def test_candidates_of_other_tests_or_undecided_are_not_compared(tmp_path: Path) -> None:
    """Figures and places are of those whom the same tests graded to the end, and of nobody else."""
    other = result("other", tests="d" * 64)
    cards = report.write(LAB, [*many(35), other, result("undecided", FAULTY)], tmp_path)
    assert "of the 35 candidates whose points are all decided" in Page(cards.cohort).text
    for name in ("other", "undecided"):
        text = Page(cards.candidates[name]).text
        assert "above" not in text
        assert "not enough candidates" not in text


def test_points_are_summed_by_competency(pages: Pages) -> None:
    """A chart has a bar for each competency, of all that speaks for it, in whatever task."""
    half = verdict("check_memo_claims", Status.PARTIAL, 3.0, "some")
    page = pages(result(claims=half))["kim"]
    after = page.text.partition("Points by competency")[2]
    assert "Data handling 23 of 26 Communication ? of 4" in after
    labels = [given["aria-label"] for tag, given in page.elements if given.get("class") == "bar"]
    assert labels[2:] == ["23 of 26 points", "? of 4 points, 4 to be read"]


def test_points_within_the_noise_are_marked(pages: Pages) -> None:
    """What a measurement could have given otherwise is said where its points are, and above."""
    join = verdict("check_join", Status.PARTIAL, 16.0, "1.8 times as long as ours")
    near = join.model_copy(update={"between": (14.2, 20.0)})
    page = pages(result(join=near))["kim"]
    assert "5.8 points lie within the noise of a measurement" in page.text
    assert "within its noise 14.2 to 20 points are possible" in page.row("Join")[2]
    firm = join.model_copy(update={"between": (16.0, 16.0)})
    assert "noise" not in pages(result(join=firm))["kim"].text


def test_points_of_a_person_have_no_noise(tmp_path: Path) -> None:
    """Where a person has decided, the check's measurement leaves nothing open."""
    join = verdict("check_join", Status.PARTIAL, 16.0, "slow")
    near = result(join=join.model_copy(update={"between": (14.2, 20.0)}))
    written = report.write(LAB, [near], tmp_path, {"kim": {"check_join": 20.0}})
    assert "noise" not in Page(written.candidates["kim"]).text


def test_late_work_says_so_and_keeps_its_points(tmp_path: Path) -> None:
    """Minutes after the time, on the page and in the JSON, of whoever was late alone."""
    shown = [result(), result("lee")]
    written = report.write(LAB, shown, tmp_path, late={"lee": 12.5})
    assert "after the time" not in Page(written.candidates["kim"]).text
    assert (
        "came here 12.5 minutes after the time; no points" in Page(written.candidates["lee"]).text
    )
    data = json.loads(written.candidates["lee"].with_suffix(".json").read_text(encoding="utf-8"))
    assert data["late_minutes"] == 12.5


def test_each_page_lies_beside_the_same_as_json(tmp_path: Path) -> None:
    """The JSON follows its schema and has the page's points, words and where they come from."""
    near = verdict("check_join", Status.PARTIAL, 16.0, "slow")
    near = near.model_copy(update={"between": (14.2, 20.0)})
    shown = [result(join=near), HOSTILE, result("lee", FAULTY, status="grader error")]
    written = report.write(LAB, shown, tmp_path, {"lee": {"memo_text": 3.5}})
    schema = json.loads((tmp_path / report.SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    found = {}
    for name, page in written.candidates.items():
        text = page.with_suffix(".json").read_text(encoding="utf-8")
        found[name] = json.loads(text)
        jsonschema.validate(found[name], schema)
        links = {given.get("href") for tag, given in Page(page).elements if tag == "a"}
        assert {page.with_suffix(".json").name, report.SCHEMA} <= links
    kim = found["kim"]
    assert kim["automatic"] == {"earned": 22, "possible": 26, "undecided": 0, "waiting": 0}
    assert kim["tasks"][0]["cells"][0]["between"] == [14.2, 20]
    assert kim["within_noise"] == 5.8
    assert [one["name"] for one in kim["competencies"]] == ["data_handling", "communication"]
    assert kim["standing"] == {"share": None, "n": 2, "until": "2026-11-23"}
    assert kim["grading"]["hashes"]["tests"] == "a" * 64
    assert found["lee"]["automatic"]["undecided"] == 20
    assert found["lee"]["readers"]["earned"] == 3.5
    assert "Zero" not in json.dumps(found["lee"]), "a traceback may quote hidden tests"
    kim["automatic"]["earned"] = "all"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(kim, schema)
