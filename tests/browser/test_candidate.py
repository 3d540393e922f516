"""The candidate's hour: open, solve, check, lose the server, hand in, and keep a receipt."""

import json
import re

import pytest
from playwright.sync_api import expect

from autograde import collect

from .conftest import Lab, answer, faults, picture


@pytest.fixture(scope="module")
def lab(desk):
    """JupyterLab as the candidate starts it."""
    server = Lab(desk, ["start.py"])
    yield server
    server.stop()


MEMO = "Repair weather first: 한국어 답, 1048 mph at EWR."


def ready(page):
    """Wait until the notebook is open and its kernel idle."""
    expect(page.get_by_role("heading", name="The delay dashboard nobody trusts")).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()


def go_to(page, heading):
    """Scroll the notebook to a heading, by the table of contents."""
    contents = page.locator(".jp-TableOfContents")
    if not contents.is_visible():
        page.get_by_role("tab", name=re.compile("Table of Contents")).click()
    contents.get_by_text(heading).first.click()


def cell(page, text):
    """The notebook's cell with a text."""
    return page.locator(".jp-Notebook:visible .jp-Cell", has_text=text).first


def run_cell(page, text):
    """Run a cell and wait until it has."""
    found = cell(page, text)
    found.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(found.locator(".jp-InputPrompt").first).to_have_text(re.compile(r"\[\d+\]"))
    return found


def write(page, text, source):
    """Put a text in the place of a cell's."""
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def wait_for(page, condition, seconds=120):
    """Wait for something that the page does not show."""
    for _ in range(seconds * 2):
        if condition():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"it did not happen within {seconds} s")


def test_a_candidates_hour(page, lab, desk, course):
    """From the start page to the receipt, with a server that is killed on the way."""
    page.goto(f"{lab.url}/?token={lab.token}")
    expect(page.get_by_role("heading", name="ML engineering labs")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("junior-eda.*junior 60 100"))).to_be_visible()
    assert faults(page, ".jp-RenderedMarkdown") == []
    page.get_by_role("link", name="junior-eda", exact=True).click()
    ready(page)
    expect(page.locator(".jp-Dialog")).to_have_count(0)

    # What is not written yet fails, and says what to do.
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    # And the cells after it run all the same.
    go_to(page, "A memo")
    expect(cell(page, "# Free cell: numbers")).to_contain_text(re.compile(r"\[\d+\]"))
    go_to(page, "Task 1")
    expect(cell(page, 'answer["planes"]["missing"]')).to_contain_text(
        "NotImplementedError: not written yet: write it here, run this cell, then its checks"
    )

    write(page, "def profile(tables, keys)", answer("profile"))
    run_cell(page, "def profile(tables, keys)")
    check = run_cell(page, 'answer["planes"]["missing"]')
    expect(check).to_contain_text(
        "Visible check passed. This part has 5 points; grading tests it further."
    )
    picture(page, "notebook")

    # Validate says the same, in a fresh kernel: nothing of task 1 fails, and task 2 is not written.
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("join_all(example_join)")
    expect(dialog).not_to_contain_text("profile(example_profile")
    dialog.get_by_role("button", name="Ok").click()

    # Work is saved by itself.
    notebook = desk / "junior-eda" / "junior-eda.ipynb"
    wait_for(page, lambda: "def kind(" in notebook.read_text(encoding="utf-8"))

    # What is typed while the server is gone is saved when it is there again.
    go_to(page, "A memo")
    lab.stop()
    cell(page, "YOUR ANSWER HERE").dblclick()
    write(page, "YOUR ANSWER HERE", MEMO)
    expect(page.locator(".jp-Dialog")).to_contain_text("will continue trying to reconnect")
    lab.start()
    page.locator(".jp-Dialog").get_by_role("button", name="Close").click()
    wait_for(page, lambda: MEMO in notebook.read_text(encoding="utf-8"))
    page.reload()
    expect(page.locator(".jp-TableOfContents")).to_contain_text("A memo")
    go_to(page, "A memo")
    expect(cell(page, MEMO)).to_be_visible()

    # Handing in is one step, it ends with a receipt, and the attempt can be seen.
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_text("Assignment List", exact=True).click()
    page.get_by_role("button", name="Submit").click()
    submitted = page.locator("#submitted_assignments_list")
    expect(submitted).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d .* UTC"))
    (receipt,) = desk.glob("receipt-*.txt")
    text = receipt.read_text(encoding="utf-8")
    assert "2 of 11 answers changed: profile, findings_memo" in text

    (sent,) = (desk.parent / "exchange" / "interview" / "inbound").iterdir()
    (taken,) = collect.collect([sent], course)
    assert taken.attempt is not None, taken.refused
    assert taken.attempt.candidate == "kim"
    assert f"sha256:     {taken.attempt.sha256}" in text


def test_a_solved_notebook_runs_from_top_to_bottom(page, lab, desk):
    """Restart and run all: no cell fails, every check says its points; Validate agrees."""
    release = desk / "junior-eda" / "junior-eda.ipynb"
    notebook = json.loads(release.read_text(encoding="utf-8"))
    for entry in notebook["cells"]:
        name = entry["metadata"].get("nbgrader", {}).get("grade_id")
        if entry["metadata"].get("nbgrader", {}).get("solution"):
            entry["source"] = answer(name) if entry["cell_type"] == "code" else MEMO
        if entry["cell_type"] == "code":  # what another test may have left there
            entry["outputs"], entry["execution_count"] = [], None
    solved = release.with_name("solved.ipynb")
    solved.write_text(json.dumps(notebook), encoding="utf-8")
    page.goto(f"{lab.url}/lab/tree/junior-eda/solved.ipynb?token={lab.token}")
    ready(page)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel and Run All Cells…", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    code = sum(entry["cell_type"] == "code" for entry in notebook["cells"])

    def ran():
        saved = json.loads(solved.read_text(encoding="utf-8"))["cells"]
        return sum(entry.get("execution_count") is not None for entry in saved) == code

    wait_for(page, ran)
    outputs = [
        str(entry.get("outputs"))
        for entry in json.loads(solved.read_text(encoding="utf-8"))["cells"]
    ]
    assert not any("'output_type': 'error'" in each for each in outputs)
    assert sum("Visible check passed." in each for each in outputs) == 16
    page.get_by_role("button", name="Validate").click()
    expect(page.locator(".jp-Dialog")).to_contain_text("Success!")


def test_the_keyboard_is_enough(page, lab):
    """Cells run, an answer is written, Validate is pressed and its result closed."""
    page.goto(f"{lab.url}/lab/tree/junior-eda/junior-eda.ipynb?reset&token={lab.token}")
    ready(page)
    active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    expect(active).to_contain_text("The delay dashboard nobody trusts")
    press(page, "Shift+Enter", until=lambda: "def profile" in active.inner_text())
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("def profile(tables, keys):\n    return 'typed'")
    for _ in range(3):  # the answer, the text below it, and the first check
        page.keyboard.press("Shift+Enter")
    check = cell(page, 'answer["planes"]["missing"]')
    expect(check).to_contain_text("AssertionError: one entry for each table is asked for")
    # The toolbar is one stop, and its buttons are reached by arrows.
    press(page, "Shift+Tab", until=lambda: "Insert a cell below" in focused(page))
    press(page, "ArrowRight", until=lambda: "Validate" in focused(page))
    page.keyboard.press("Enter")
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Validation Results")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def press(page, key, until, most=40):
    """Press a key until something is so."""
    for _ in range(most):
        if until():
            return
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    raise AssertionError(f"{key} does not lead there; the focus is on {focused(page)!r}")


def focused(page):
    """The name of what has the keyboard's focus."""
    name = "document.activeElement.ariaLabel || document.activeElement.textContent.trim()"
    return page.evaluate(f"({name}).slice(0, 100)")
