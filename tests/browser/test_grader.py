"""The grader's evening: one command, then formgrader in JupyterLab, then the scorecard."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from autograde import assignment

from .conftest import Lab, answer, faults, picture

MEMO = "Repair `planes` first: 16 % of `flights` have no plane. I trust *late* least: storms."
HOSTILE = (
    "from IPython.display import HTML, display\n"
    'display(HTML(\'<script>document.title = "taken"</script><b onclick="x()">a chart</b>\'))'
)
HOSTILE_MEMO = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
)


def command(course, *words):
    """Run a command of the repository as in a terminal there, and return what it said."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / words[0], *words[1:]],
        cwd=course,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def hand_in(course, home, candidate, seed, memo, free=None):
    """Solve a candidate's lab with the reference, and pack it with the candidate's program."""
    _, bundle = assignment.assign(candidate, ["junior-eda"], course, seed=seed)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(home)
    path = home / candidate / "junior-eda" / "junior-eda.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("solution"):
            cell["source"] = memo if cell["cell_type"] == "markdown" else answer(mark["grade_id"])
        elif not mark and free:
            cell["source"] = free
    path.write_text(json.dumps(notebook), encoding="utf-8")
    subprocess.run([sys.executable, "submit.py"], cwd=home / candidate, check=True)
    (packed,) = (home / candidate).glob("submission-*.zip")
    return packed


@pytest.fixture(scope="module")
def evening(course, tmp_path_factory):
    """Work of three candidates, one of them hostile and one unreadable, graded by one command."""
    home = tmp_path_factory.mktemp("home")
    packed = [
        hand_in(course, home, "lee", 4, MEMO),
        hand_in(course, home, "choi", 5, HOSTILE_MEMO, HOSTILE),
    ]
    # By hand, as no collecting would take it.
    torn = course / "course/submitted/park/junior-eda/junior-eda.ipynb"
    torn.parent.mkdir(parents=True)
    torn.write_text('{"cells": [')
    code, said = command(course, "autograde", "grade", *map(str, packed))
    assert code == 0, said
    root = ["--allow-root"] if os.geteuid() == 0 else []
    server = Lab(course, ["-m", "jupyterlab", *root])
    yield server, said
    server.stop()


def form(page, server, submission):
    """Open formgrader in JupyterLab and, in it, one submission."""
    page.goto(f"{server.url}/lab?reset&token={server.token}")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.locator("#jp-mainmenu-nbgrader").get_by_text("Formgrader", exact=True).click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Manual Grading").click()
    table = frame.locator("table")
    for level in ("Assignment ID", "Notebook ID"):
        expect(table).to_contain_text(level)
        table.get_by_role("link", name="junior-eda").click()
    expect(table).to_contain_text("Submission #3")
    frame.get_by_role("button", name="Show All Names").click()
    table.get_by_role("link", name=submission, exact=True).click()
    expect(frame.locator("#findings_memo")).to_be_attached()
    return frame


def test_one_command_says_what_needs_a_reader(evening):
    """Scores, pages, and who waits for a person."""
    _, said = evening
    assert "junior-eda lee: 96 of 96" in said
    assert "junior-eda park: 0 of 96 (unreadable)" in said
    assert "answers wait for a reader" in said
    for candidate in ("lee", "choi"):
        assert f"{candidate}, junior-eda: State findings with intervals, memo, 4 points" in said


def test_a_reader_gives_points(page, evening, course):
    """Rubric and anchors above the answer; score and comment are kept, and on the scorecard."""
    server, _ = evening
    frame = form(page, server, "lee")
    expect(frame.get_by_text("For the reader alone")).to_be_visible()
    expect(frame.get_by_text("2 (full)").first).to_be_visible()
    expect(frame.get_by_text("Repair planes first: 16 % of flights")).to_be_visible()
    score = frame.locator("#findings_memo")
    score.scroll_into_view_if_needed()
    score.fill("3")
    score.press("Tab")
    comment = frame.locator("#findings_memo-comment")
    comment.fill("a number of its own")
    comment.press("Tab")
    # nbgrader saves by itself when a field is left, and shows a tick.
    expect(frame.locator(".comment-saved").last).to_be_visible()
    news = page.get_by_role("button", name="No", exact=True)
    news.click()
    expect(news).to_have_count(0)
    picture(page, "formgrader")
    frame = form(page, server, "lee")
    expect(frame.locator("#findings_memo")).to_have_value("3")
    expect(frame.locator("#findings_memo-comment")).to_have_value("a number of its own")
    code, said = command(course, "autograde", "report")
    assert code == 0, said
    card = (course / "course/scorecards/junior-eda/lee.html").read_text(encoding="utf-8")
    assert "3 of 4 points by a reader" in card
    code, said = command(course, "nbgrader", "generate_feedback", "junior-eda", "--student=lee")
    assert code == 0, said
    (feedback,) = (course / "course/feedback/lee/junior-eda").glob("*.html")
    assert "a number of its own" in feedback.read_text(encoding="utf-8")
    assert "For the reader alone" not in feedback.read_text(encoding="utf-8")


def test_what_a_candidate_shows_does_nothing_in_the_graders_page(page, evening):
    """Markup of outputs and of prose is shown or dropped, and never runs."""
    server, _ = evening
    frame = form(page, server, "choi")
    expect(frame.get_by_text("a chart").first).to_be_visible()
    inner = next(each for each in page.frames if "/formgrader/submissions/" in each.url)
    assert inner.title() == "junior-eda"
    assert inner.locator("#notebook #findings_memo").count() == 1
    assert page.title() != "taken"
    assert not inner.locator("#notebook [onclick], #notebook [onerror]").count()
    assert "taken" not in "".join(inner.locator("#notebook script").all_inner_texts())


def test_a_submission_that_failed_has_a_page(page, evening, course):
    """It says why, and a person can give points by hand."""
    server, _ = evening
    frame = form(page, server, "park")
    expect(frame.get_by_text("it could not be read")).to_be_visible()
    score = frame.locator("#check_profile_counts")
    score.scroll_into_view_if_needed()
    score.fill("2")
    score.press("Tab")
    expect(frame.locator(".score-saved").first).to_be_visible()
    code, said = command(course, "autograde", "report")
    assert code == 0, said
    card = (course / "course/scorecards/junior-eda/park.html").read_text(encoding="utf-8")
    assert re.search(r"2 of 100 points</strong> together", card)


def test_scorecards_can_be_read_by_a_machine(page, evening, course):
    """A candidate's page, one of a failed submission, and the cohort's."""
    for name in ("lee", "park", "index"):
        page.goto((course / f"course/scorecards/junior-eda/{name}.html").as_uri())
        assert faults(page) == []
        if name == "lee":
            picture(page, "scorecard")
