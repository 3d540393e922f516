"""The real ``nbgrader`` commands on cohorts in which much is wrong.

Each test reads what one expensive run left behind: the gradebook, ``course/results`` and the pages
that graders and candidates see. The repository is a temporary one with two tiny labs.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from nbformat.v4 import new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograde import results
from autograde.build import build_lab
from autograde.nbgrader_steps import LEFT_OUT, Course, LeaveOutOutputs, safe_markdown
from autograde.testing import check, free

REPOSITORY = Path(__file__).resolve().parents[1]
YAML = """\
title: {ko: 작은 실습, en: Tiny}
summary: {ko: 짧다, en: Short}
level: junior
minutes: 10
libraries: [numpy]
limits: {seconds: 20, cell_seconds: 2, output_kb: 64}
tasks:
"""
TINY_YAML = f"""{YAML}\
  - {{id: double, points: 10, minutes: 2}}
  - {{id: triple, points: 5.5, minutes: 2}}
  - {{id: last, points: 10, minutes: 2}}
  - {{id: memo, points: 4, minutes: 2}}
"""
TINY = '''\
# %% [markdown]
# # Tiny $a < b$

# %% locked=true
import math

# %%
# Try things here.

# %% task="double"
def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double"
assert double(1) == 2, "double(1) is not 2"
### BEGIN HIDDEN TESTS
assert double(21) == 42
### END HIDDEN TESTS

# %% task="triple"
def triple(x):
    """Return three times x."""
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION

# %% check="triple"
assert triple(1) == 3
### BEGIN HIDDEN TESTS
from hidden import ask

ask(triple)
### END HIDDEN TESTS

# %% task="last"
def last(x):
    """Return the last item."""
    ### BEGIN SOLUTION
    return x[-1]
    ### END SOLUTION

# %% check="last"
assert last([1, 2]) == 2

# %% [markdown] task="memo"
# A good memo says what was not looked at.
'''
HIDDEN = """\
from autograde.checks import require


def ask(function):
    require(function(98765) == 296295, "triple is not three times its argument for a large number")
"""
VALUES = ("False", "float('nan')", "np.float64(0.0)", "0", "np.float64(2.5)", "1.1 + 2.2", "None")
VALUES_YAML = YAML + "\n".join(
    f"  - {{id: value_{n}, points: 3.3, minutes: 1}}" for n in range(len(VALUES))
)
VALUES_LAB = "# %% locked=true\nimport numpy as np\n\n" + "\n".join(
    f'# %% task="value_{n}"\ndef f{n}():\n    ### BEGIN SOLUTION\n    return {n}\n'
    f'    ### END SOLUTION\n\n# %% check="value_{n}"\nassert f{n}() == {n}\n'
    f"### BEGIN HIDDEN TESTS\n{value}\n### END HIDDEN TESTS\n"
    for n, value in enumerate(VALUES)
)

LABS = {"tiny": (TINY_YAML, TINY), "values": (VALUES_YAML, VALUES_LAB)}

ANSWERS = {
    "double": "def double(x):\n    return 2 * x",
    "triple": "def triple(x):\n    return 3 * x",
    "last": "def last(x):\n    return x[-1]",
    "memo": "I did not look at negative numbers.",
}
ALL = (10, 5.5, 10)


def make_repository(root, *labs):
    """A repository with these labs, built."""
    (root / "solutions").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    for lab in labs:
        described, source = LABS[lab]
        folder = root / "solutions" / lab
        folder.mkdir()
        (folder / "lab.yaml").write_text(described, encoding="utf-8")
        (folder / "lab.py").write_text(source, encoding="utf-8")
        (folder / "hidden.py").write_text(HIDDEN, encoding="utf-8")
        build_lab(lab, root)
    return root


def nbgrader(root, *arguments):
    """Run an nbgrader command in the repository; the finished process with its output."""
    program = Path(sys.executable).parent / "nbgrader"
    return subprocess.run(
        [program, *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=550,
        check=False,
    )


def notebook(root, answers=None, lab="tiny"):
    """The released notebook as JSON, with answers by grade id."""
    tree = json.loads((root / "labs" / lab / f"{lab}.ipynb").read_bytes())
    for name, source in (answers or {}).items():
        find(tree, name)["source"] = source
    return tree


def find(tree, grade_id):
    """A cell by its grade id."""
    return next(
        c for c in tree["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def own(source, kind="code"):
    """A cell of the candidate's own."""
    cell = {"cell_type": kind, "id": secrets.token_hex(4), "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def hand_in(root, candidate, content, lab="tiny", name=None):
    """Put a notebook (JSON or bytes) under course/submitted; its folder."""
    folder = root / "course" / "submitted" / candidate / lab
    folder.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / (name or f"{lab}.ipynb")).write_bytes(data)
    return folder


def grades(root, candidate, lab="tiny"):
    """Automatic score and "needs a person" by cell, from nbgrader's gradebook."""
    with Gradebook(f"sqlite:///{root / 'course' / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(lab, lab, candidate)
        return {g.name: (g.auto_score, g.needs_manual_grade) for g in submission.grades}


def comments(root, candidate, lab="tiny"):
    """What feedback says, by solution cell."""
    with Gradebook(f"sqlite:///{root / 'course' / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(lab, lab, candidate)
        return {c.name: c.comment for c in submission.comments}


def standing(root, lab="tiny"):
    """Results by candidate, from course/results."""
    return {result.candidate: result for result in results.load(root / "course", lab)}


def contents(folder):
    """sha256 of every regular file below a folder, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


# -- a cohort in which everything is wrong ----------------------------------------------------

DIES = "def triple(x):\n    import os\n    os._exit(1)"
ENDLESS = "def triple(x):\n    while True:\n        pass"
STUBBORN = (
    "def triple(x):\n    while True:\n        try:\n            while True:\n"
    "                pass\n        except BaseException:\n            pass"
)
LEAVES = "def triple(x):\n    raise SystemExit"
STDERR = "def triple(x):\n    import sys\n    print('careful', file=sys.stderr)\n    return 3 * x"
CHEAT = "def double(x):\n    return 2"
REMEMBERS = "SEEN = []\ndef triple(x):\n    SEEN.append(x)\n    return 3 * x"
TELLS = "def last(x):\n    raise KeyError(SEEN)"
MARKUP = '<script>alert("live")</script><img src=x onerror=alert(1)> [click](javascript:alert(1))'
EXPECTED = {
    # candidate: the points of double, triple and last, and what is said of triple or double
    "right": (ALL, ""),
    "blank": ((0, 0, 0), "the task's cell is as it was handed out"),
    "truncated": ((0, 0, 0), "the notebook file is not valid JSON"),
    "no_json": ((0, 0, 0), "the notebook file is not UTF-8 text"),
    "nothing": ((0, 0, 0), "no notebook"),
    "two_unknown": ((0, 0, 0), "the folder has 2 notebooks"),
    "version": (ALL, ""),
    "renamed": (ALL, ""),
    "copied": (ALL, ""),
    "no_test": (ALL, ""),
    "edited_test": ((0, 5.5, 10), "is not what the task's text asks for"),
    "no_question": ((0, 5.5, 10), "the task's cell is as it was handed out"),
    "points": (ALL, ""),
    "flags": (ALL, ""),
    "skip": ((0, 5.5, 10), "is not what the task's text asks for"),
    "dies": ((10, 0, 10), "the kernel ended while your code was running"),
    "endless": ((10, 0, 10), "did not finish within the check's time limit"),
    "stubborn": ((10, 0, 10), "did not finish within the check's time limit"),
    "leaves": ((10, 0, 10), "SystemExit"),
    "noisy": (ALL, ""),
    "stderr": (ALL, ""),
    "odd_files": (ALL, ""),
    "markup": ((0, 5.5, 10), "alert"),
    "remembers": ((10, 5.5, 0), "your code raised KeyError (line 2 of its cell)"),
}


def hand_in_cohort(root, outside):
    """Every bad input of the list, each from one candidate, between a right and a blank one."""

    def tree(**answers):
        return notebook(root, ANSWERS | answers)

    def changed(change, **answers):
        made = tree(**answers)
        change(made)
        return made

    hand_in(root, "right", tree())
    hand_in(root, "blank", notebook(root))
    hand_in(root, "truncated", json.dumps(tree()).encode()[:-200])
    hand_in(root, "no_json", b"PK\x03\x04\xff\xfe\x00")
    hand_in(root, "nothing", b"print()", name="tiny.py")
    for name in ("a.ipynb", "b.ipynb"):
        hand_in(root, "two_unknown", tree(), name=name)
    hand_in(root, "version", changed(lambda t: t.update(nbformat=99)))
    hand_in(root, "renamed", tree(), name="tiny (1) final.ipynb")
    hand_in(root, "copied", changed(lambda t: t["cells"].append(find(t, "check_double"))))
    hand_in(root, "no_test", changed(lambda t: t["cells"].remove(find(t, "check_double"))))
    hand_in(
        root,
        "edited_test",
        changed(lambda t: find(t, "check_double").update(source="pass"), double=CHEAT),
    )
    hand_in(root, "no_question", changed(lambda t: t["cells"].remove(find(t, "double"))))

    def mark(**values):
        return lambda t: find(t, "check_double")["metadata"]["nbgrader"].update(values)

    hand_in(root, "points", changed(mark(points=1000)))
    hand_in(root, "flags", changed(mark(solution=True, grade=False, locked=False)))
    hand_in(
        root,
        "skip",
        changed(
            lambda t: find(t, "check_double")["metadata"].update(tags=["skip-execution"]),
            double=CHEAT,
        ),
    )
    for name, answer in {
        "dies": DIES,
        "endless": ENDLESS,
        "stubborn": STUBBORN,
        "leaves": LEAVES,
        "stderr": STDERR,
    }.items():
        hand_in(root, name, tree(triple=answer))
    hand_in(root, "noisy", changed(lambda t: t["cells"].append(own("print('x' * 50_000_000)"))))
    folder = hand_in(root, "odd_files", tree())
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "timestamp.txt")
    (folder / "passwd").symlink_to(outside)
    (folder / "folder").symlink_to(outside.parent)
    (folder / "page.html").write_text("<script>alert(1)</script>")
    odd = changed(
        lambda t: t["cells"].extend(
            [own(MARKUP, "markdown"), own(MARKUP, "raw"), own(SHOWS), own(MEMO, "markdown")]
        ),
        double=f"def double(x):\n    raise ValueError({MARKUP!r})",
        memo=MEMO,
    )
    hand_in(root, "markup", odd)

    def remember(made):
        made["cells"].insert(0, own("print('printed before any check')"))
        for name in ("check_double", "check_triple"):
            place = made["cells"].index(find(made, name)) + 1
            made["cells"].insert(place, own("print('printed after', SEEN)"))

    hand_in(root, "remembers", changed(remember, triple=REMEMBERS, last=TELLS))


SHOWS = f"""\
from IPython.display import HTML, SVG, Javascript, Markdown, display

for kind in (HTML, SVG, Javascript, Markdown):
    display(kind({"<svg>" + MARKUP + "</svg>"!r}))
print({MARKUP!r})
1 / 0  # {MARKUP}
"""
MEMO = f"""I think **a < b** & `x <int>` is *fine*, $p < 1$.

{MARKUP}

```python
if a < b: pass
```

```mermaid
{MARKUP}
```

![gone](attachment:gone.png) ![track](https://example.org/x.png) <svg onload=alert(1)>
<a href="JaVaScRiPt:alert(1)" onclick="alert(1)" id="check_double">x</a> <iframe src="//x"></iframe>
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """The repository after one ``nbgrader autograde``, with that command's outcome."""
    root = make_repository(tmp_path_factory.mktemp("cohort") / "repository", "tiny", "values")
    outside = tmp_path_factory.mktemp("outside") / "passwd"
    outside.write_text("root:outside-secret")
    hand_in_cohort(root, outside)
    hand_in(root, "right", values_answers(root), lab="values")
    before = contents(root / "course" / "submitted")
    run = nbgrader(root, "autograde", "tiny")
    assert contents(root / "course" / "submitted") == before
    return root, run


def values_answers(root):
    """Right answers to the lab whose checks end in odd values."""
    answers = {f"value_{n}": f"def f{n}():\n    return {n}" for n in range(len(VALUES))}
    return notebook(root, answers, "values")


@pytest.mark.slow
@pytest.mark.parametrize("candidate", EXPECTED)
def test_the_honest_part_keeps_its_points(cohort, candidate):
    """In the gradebook and in course/results alike, with one plain sentence for what was lost."""
    root, _ = cohort
    expected, words = EXPECTED[candidate]
    found = grades(root, candidate)
    assert tuple(found[f"check_{t}"][0] for t in ("double", "triple", "last")) == expected
    result = standing(root)[candidate]
    assert tuple(v.score for v in result.verdicts) == expected
    lost = [v for v in result.verdicts if v.score != v.points]
    for verdict in lost:
        assert verdict.reason.strip()
        assert "\n" not in verdict.reason
        assert "Traceback" not in verdict.reason
        assert comments(root, candidate)[verdict.task] == f"{verdict.status}: {verdict.reason}"
    assert words in (lost[0].reason if lost else "")
    assert bool(words) == bool(lost)
    for task in {"double", "triple", "last"} - {v.task for v in lost}:
        assert comments(root, candidate)[task] is None


@pytest.mark.slow
def test_the_run_succeeds_and_names_what_was_tampered_with(cohort):
    """Bad submissions are no error of the run; each oddity is in the result of its candidate."""
    root, run = cohort
    assert run.returncode == 0, run.stdout[-3000:]
    assert "Traceback" not in run.stdout
    found = standing(root)
    assert set(found) == set(EXPECTED)
    for candidate, words in (
        ("copied", "2 copies of the cell 'check_double'"),
        ("no_test", "'check_double'"),
        ("edited_test", "'check_double'"),
        ("no_question", "'double'"),
        ("points", "'points' of the cell 'check_double'"),
        ("flags", "'solution' of the cell 'check_double'"),
    ):
        assert words in " ".join(found[candidate].tampering), candidate
    for candidate, words in {
        "renamed": "tiny (1) final.ipynb",
        "version": "version is 99",
        "odd_files": "'passwd', 'pipe'",
    }.items():
        assert words in " ".join(found[candidate].remarks), candidate
    for candidate in ("right", "blank", "endless", "noisy", "markup"):
        assert found[candidate].tampering == found[candidate].remarks == (), candidate
    unreadable = {name for name, result in found.items() if result.status == "unreadable"}
    assert unreadable == {"truncated", "no_json", "nothing", "two_unknown"}


@pytest.mark.slow
def test_a_text_waits_for_its_reader_only_if_there_is_one(cohort):
    """The memo is open where something was written, and 0 where nothing was."""
    root, _ = cohort
    assert grades(root, "right")["memo"] == (None, True)
    for candidate in ("blank", "truncated"):
        assert grades(root, candidate)["memo"] == (0, False)
        assert comments(root, candidate)["memo"] == "No response."


@pytest.mark.slow
def test_nothing_but_the_notebook_is_copied(cohort):
    """No link was followed, no pipe waited for, no page of a candidate's is there to be served."""
    root, _ = cohort
    copied = root / "course" / "autograded"
    assert {path.name for path in copied.rglob("*") if path.is_file()} == {"tiny.ipynb"}
    for path in copied.rglob("*.ipynb"):
        text = path.read_text()
        assert "outside-secret" not in text
        assert len(text) < 400_000, path
    assert os.path.exists(root / "course" / "submitted" / "odd_files" / "tiny" / "page.html")


@pytest.mark.slow
def test_the_value_of_a_check_reaches_the_gradebook(cohort):
    """What nbgrader alone reads as full points: False, nan and a NumPy zero are 0."""
    root, _ = cohort
    run = nbgrader(root, "autograde", "values")
    assert run.returncode == 0, run.stdout[-3000:]
    found = grades(root, "right", "values")
    scores = [found[f"check_value_{n}"][0] for n in range(len(VALUES))]
    assert scores == [0, 0, 0, 0, 2.5, 3.3, 3.3]
    assert [v.score for v in standing(root, "values")["right"].verdicts] == scores


# -- pages ------------------------------------------------------------------------------------

LIVE = re.compile(r"<script>alert|<svg|<iframe|\son\w+=.?alert|javascript:alert", re.IGNORECASE)


def assert_page_is_safe(page, where):
    """No live markup of a candidate's, no hidden test and no traceback of one."""
    for tag in re.findall(r"<[a-zA-Z][^>]*>", page):
        assert not LIVE.search(tag), f"{where}: {tag}"
        assert "example.org" not in tag, f"{where}: {tag}"
    for secret in ("double(21)", "HIDDEN", "98765", "296295", "hidden import"):
        assert secret not in page, f"{where}: {secret}"


@pytest.fixture(scope="module")
def feedback(cohort):
    """Feedback pages by candidate."""
    root, _ = cohort
    run = nbgrader(root, "generate_feedback", "tiny")
    assert run.returncode == 0, run.stdout[-3000:]
    pages = (root / "course" / "feedback").glob("*/tiny/tiny.html")
    return {page.parents[1].name: page.read_text() for page in pages}


@pytest.mark.slow
def test_feedback_says_in_words_what_was_wrong_and_nothing_else(feedback):
    """A page for everyone, with scores and reasons, without live markup or hidden tests."""
    assert set(feedback) == set(EXPECTED)
    for candidate, page in feedback.items():
        assert_page_is_safe(page, candidate)
    assert "(Score: 25.5 / 29.5)" in feedback["right"]
    assert "the kernel ended while your code was running" in feedback["dies"]
    assert "10.0 / 10.0" in feedback["dies"]
    assert "the notebook file is not valid JSON" in feedback["truncated"]
    assert "NotImplementedError" not in feedback["right"]


@pytest.mark.slow
def test_what_hidden_tests_asked_with_is_for_graders_alone(cohort, feedback):
    """A function remembered it and later cells print it: no page and no sentence shows that."""
    root, _ = cohort
    graded = root / "course" / "autograded" / "remembers" / "tiny" / "tiny.ipynb"
    assert "98765" in graded.read_text()
    (verdict,) = (v for v in standing(root)["remembers"].verdicts if v.task == "last")
    assert "98765" in verdict.detail
    assert "98765" not in verdict.reason
    page = feedback["remembers"]
    assert "printed before any check</" in page.replace("\n", "")
    assert page.count(LEFT_OUT) == 1
    assert "Passed: 10 of 10 points." in page


@pytest.mark.slow
def test_export_has_everybody(cohort):
    """``nbgrader export`` writes a line for each candidate."""
    root, _ = cohort
    run = nbgrader(root, "export", "--to=grades.csv")
    assert run.returncode == 0, run.stdout[-3000:]
    table = next(root.rglob("grades.csv")).read_text()
    assert all(f",{candidate}," in table for candidate in EXPECTED)


@pytest.fixture(scope="module")
def server(cohort):
    """A Jupyter server with formgrader, as a grader starts it; its client, logged in."""
    root, _ = cohort
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    token = secrets.token_hex(16)
    log = (root / "server.log").open("w")
    process = subprocess.Popen(
        [
            *(Path(sys.executable).parent / "jupyter", "server", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
            *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        ],
        cwd=root,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    headers = {"Authorization": f"token {token}"}
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            for _ in range(600):
                try:
                    client.get("/api")
                    break
                except httpx.TransportError:
                    assert process.poll() is None, (root / "server.log").read_text()
                    time.sleep(0.1)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


@pytest.mark.slow
def test_formgrader_shows_each_submission_safely(server):
    """The page a grader reads: answers, verdicts and a box for the memo's score."""
    listed = server.get("/formgrader/api/submitted_notebooks/tiny/tiny").json()
    assert {entry["student"] for entry in listed} == set(EXPECTED)
    by_candidate = {entry["student"]: entry for entry in listed}
    for candidate in ("right", "blank", "truncated", "dies", "odd_files", "markup"):
        answer = server.get(
            f"/formgrader/submissions/{by_candidate[candidate]['id']}/", follow_redirects=True
        )
        assert answer.status_code == 200
        assert_page_is_safe(answer.text, candidate)
        assert 'id="memo"' in answer.text
    assert "&lt;int&gt;" in answer.text
    shown = server.get(
        "/formgrader/api/comments", params={"submission_id": by_candidate["dies"]["id"]}
    ).json()
    assert "crashed: the kernel ended" in {c["name"]: c["auto_comment"] for c in shown}["triple"]
    assert by_candidate["right"]["score"] == 25.5
    assert by_candidate["right"]["needs_manual_grade"] is True


@pytest.mark.slow
def test_a_score_given_by_hand_survives_a_regrade(cohort):
    """The reader's points are in the total and stay there when the notebook is graded again."""
    root, _ = cohort
    db_url = f"sqlite:///{root / 'course' / 'gradebook.db'}"
    with Gradebook(db_url) as gradebook:
        grade = gradebook.find_grade("memo", "tiny", "tiny", "right")
        grade.manual_score, grade.needs_manual_grade = 3, False
        gradebook.find_comment("memo", "tiny", "tiny", "right").manual_comment = "clear"
        gradebook.db.commit()
        assert gradebook.find_submission("tiny", "right").score == 28.5
    run = nbgrader(root, "autograde", "tiny", "--student=right", "--force")
    assert run.returncode == 0, run.stdout[-3000:]
    with Gradebook(db_url) as gradebook:
        assert gradebook.find_submission("tiny", "right").score == 28.5
        assert gradebook.find_grade("memo", "tiny", "tiny", "right").manual_score == 3
    assert comments(root, "right")["memo"] == "clear"


def test_markdown_is_shown_without_live_markup():
    """Text, code, mathematics and links stay readable; markup is text."""
    page = safe_markdown(MEMO.replace("![gone](attachment:gone.png)", ""))
    assert_page_is_safe(page, "memo")
    for kept in ("<strong>a &lt; b</strong>", "<em>fine</em>", "x &lt;int&gt;", "$p &lt; 1$"):
        assert kept in page
    assert "&lt;script&gt;" in page
    assert 'href="https://example.org"' in safe_markdown("[a](https://example.org)")
    assert safe_markdown("![gone](attachment:gone.png) <b>").startswith("<pre>")


def test_feedback_shows_no_output_after_hidden_tests():
    """Nor whether there was any; graded without a word on hidden tests, after the first check."""
    pages = {}
    for hidden in (["check_b"], None):
        cells = []
        for part in "abc":
            cells += [free(f"print('{part}')"), check(part, "pass"), free("silent")]
            for cell, text in zip(cells[-3:], (part, f"score of {part}", ""), strict=True):
                cell.outputs = [new_output("stream", text=text)] if text else []
        told = {} if hidden is None else {"autograde": {"hidden": hidden}}
        tree = new_notebook(cells=cells, metadata=told)
        LeaveOutOutputs().preprocess(tree, {})
        pages[hidden is None] = ["".join(o.text for o in cell.outputs) for cell in cells]
    a, b, c = "score of a", "score of b", "score of c"
    assert pages[False] == ["a", a, "", "b", b, LEFT_OUT, "", c, ""]
    assert pages[True] == ["a", a, LEFT_OUT, "", b, "", "", c, ""]


# -- nbgrader's own ways ------------------------------------------------------------------------


def test_when_a_notebook_was_handed_in_is_read_with_care(tmp_path):
    """A time is read; a pipe, a link or nonsense in its place is no time and stops nothing."""
    course = Course(CourseDirectory(root=str(tmp_path), assignment_id="tiny", student_id="ada"))
    assert (course.root, course.assignment_id, course.student_id) == (str(tmp_path), "tiny", "ada")
    file = tmp_path / "timestamp.txt"
    assert course.get_existing_timestamp(str(tmp_path)) is None
    file.write_text("2026-11-23 10:00:00 UTC\n")
    assert course.get_existing_timestamp(str(tmp_path)) == datetime(2026, 11, 23, 10)
    for nonsense in (b"", b"soon", b"\xff\xfe", b"9" * 400, b"0001-01-01 00:00:00 +2300"):
        file.write_bytes(nonsense)
        assert course.get_existing_timestamp(str(tmp_path)) is None
    file.unlink()
    file.symlink_to("/etc/passwd")
    assert course.get_existing_timestamp(str(tmp_path)) is None
    file.unlink()
    os.mkfifo(file)
    assert course.get_existing_timestamp(str(tmp_path)) is None


@pytest.mark.slow
def test_an_assignment_of_another_course_is_graded_too(tmp_path):
    """A notebook of nbgrader's own, in an assignment of another name, without lab.yaml."""
    (tmp_path / "solutions").mkdir()
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    fixtures = files("nbgrader.tests") / "apps" / "files"
    source = tmp_path / "course" / "source" / "ps1" / "p1.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes((fixtures / "submitted-unchanged.ipynb").read_bytes())
    run = nbgrader(tmp_path, "generate_assignment", "ps1")
    assert run.returncode == 0, run.stdout[-3000:]
    for candidate in ("changed", "unchanged"):
        folder = tmp_path / "course" / "submitted" / candidate / "ps1"
        folder.mkdir(parents=True)
        data = (fixtures / f"submitted-{candidate}.ipynb").read_bytes()
        (folder / "p1.ipynb").write_bytes(data)
        (folder / "timestamp.txt").write_text("2026-11-23 10:00:00 UTC")
    run = nbgrader(tmp_path, "autograde", "ps1")
    assert run.returncode == 0, run.stdout[-3000:]
    with Gradebook(f"sqlite:///{tmp_path / 'course' / 'gradebook.db'}") as gradebook:
        for candidate, points in (("changed", 2), ("unchanged", 0)):
            submission = gradebook.find_submission("ps1", candidate)
            assert submission.score == points
            assert submission.timestamp == datetime(2026, 11, 23, 10)
    copied = tmp_path / "course" / "autograded" / "changed" / "ps1"
    assert sorted(path.name for path in copied.iterdir()) == ["p1.ipynb", "timestamp.txt"]
    # A newer submission is graded again without being told to, as ever.
    again = tmp_path / "course" / "submitted" / "unchanged" / "ps1"
    (again / "p1.ipynb").write_bytes((fixtures / "submitted-changed.ipynb").read_bytes())
    (again / "timestamp.txt").write_text("2026-11-23 11:00:00 UTC")
    run = nbgrader(tmp_path, "autograde", "ps1")
    assert run.returncode == 0, run.stdout[-3000:]
    with Gradebook(f"sqlite:///{tmp_path / 'course' / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("ps1", "unchanged").score == 2


# -- a run that fails -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """A renamed notebook graded three times: rightly, by a faulty check, from a torn source."""
    root = make_repository(tmp_path_factory.mktemp("failing") / "repository", "tiny")
    hand_in(root, "ada", notebook(root, ANSWERS), name="other.ipynb")

    def graded():
        run = nbgrader(root, "autograde", "tiny", "--force")
        return run, grades(root, "ada"), standing(root)

    first = graded()
    hidden = root / "solutions" / "tiny" / "hidden.py"
    hidden.write_text(FAULTY)
    second = graded()
    built = root / "course" / "source" / "tiny" / "tiny.ipynb"
    built.write_bytes(built.read_bytes()[:-100])
    return first, second, graded()


FAULTY = """\
from autograde.errors import GradingError


def ask(function):
    raise GradingError("a fault of ours")
"""


def test_first_it_is_graded(failing):
    """What is to be lost later: full points."""
    (run, found, result), _, _ = failing
    assert run.returncode == 0, run.stdout[-3000:]
    assert [found[f"check_{task}"] for task in ("double", "triple", "last")] == [
        (points, False) for points in ALL
    ]
    assert result["ada"].score == sum(ALL)


def test_a_faulty_check_leaves_its_points_open_and_fails_the_run(failing):
    """The other points stand, the old score of the faulty check does not, and the run says so."""
    _, (run, found, result), _ = failing
    assert run.returncode != 0
    assert found["check_triple"] == (None, True)
    assert found["check_double"] == found["check_last"] == (10, False)
    assert result["ada"].status == "grader error"
    assert [v.score for v in result["ada"].verdicts] == [10, None, 10]
    assert "grader error in check_triple of tiny, submission of ada" in run.stdout
    assert "autograde build tiny" in run.stdout
    assert "a fault of ours" in run.stdout


def test_a_run_that_cannot_begin_leaves_no_old_score(failing):
    """A torn instructor's notebook: every automatic score is open, and no result stands."""
    _, _, (run, found, result) = failing
    assert run.returncode != 0
    assert "autograde build tiny" in run.stdout
    assert set(found.values()) == {(None, True)}
    assert result == {}


# -- a host that cannot confine anybody ---------------------------------------------------------

#: Starts a command that can make no namespaces, as on a hardened host or inside a container.
UNABLE = """
import os, sys
from autograde import namespaces
namespaces.drop_capabilities()
namespaces.filter_calls()
os.execvp(sys.argv[1], sys.argv[1:])
"""


def unable(root, *command):
    """Run a command on such a host."""
    return subprocess.run(
        [sys.executable, "-c", UNABLE, *command],
        cwd=root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=False,
    )


@pytest.mark.slow
def test_without_a_sandbox_nothing_is_graded_unless_told_to(tmp_path):
    """Both front ends refuse with the remedy and touch no score; the way round marks results."""
    root = make_repository(tmp_path / "repository", "tiny")
    hand_in(root, "ada", notebook(root, ANSWERS))
    assert nbgrader(root, "autograde", "tiny").returncode == 0
    before, graded = grades(root, "ada"), standing(root)
    assert graded["ada"].sandbox == "bubblewrap"
    for command in (("nbgrader", "autograde", "tiny", "--force"), ("autograde", "regrade")):
        run = unable(root, *command)
        assert run.returncode != 0
        assert "cannot be confined here" in run.stdout
        assert "--unsafe-no-sandbox" in run.stdout
        assert (grades(root, "ada"), standing(root)) == (before, graded)
    run = unable(root, "autograde", "doctor")
    assert run.returncode == 1
    assert "Grading is not possible here" in run.stdout
    unsafe = "--Grade.unsafe_no_sandbox=True"
    run = unable(root, "nbgrader", "autograde", "tiny", "--force", unsafe)
    assert run.returncode == 0, run.stdout[-3000:]
    assert standing(root)["ada"].sandbox == "none"
    assert grades(root, "ada") == before
