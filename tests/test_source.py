"""How lab.py is read, and each fault that an author is told about."""

from pathlib import Path

import pytest

from autograde.catalog import Lab
from autograde.errors import LabError
from autograde.source import STUB, check, read_cells, split

LAB = Lab.model_validate(
    {
        "name": "tiny",
        "title": {"ko": "예", "en": "Example"},
        "summary": {"ko": "짧다", "en": "Short"},
        "level": "junior",
        "minutes": 10,
        "libraries": [],
        "tasks": [
            {"id": "mean", "points": 3, "minutes": 2},
            {"id": "findings", "points": 2, "minutes": 3, "parts": {"claims": 1, "memo": 1}},
        ],
    }
)
SOURCE = '''\
# %% [markdown]
# # A lab

# %% locked=true
import math

# %% locked=true side="grader"
expected = 2

# %%
# cat and ls are animals, and this line is no command

# %% task="mean"
import math

def mean(values):
    """Return the mean."""
    ### BEGIN SOLUTION
    return math.fsum(values) / len(values)
    ### END SOLUTION

# %% check="mean"
assert mean([1, 3]) == 2
### BEGIN HIDDEN TESTS
assert mean([1, 5]) == 3
### END HIDDEN TESTS

# %% task="findings"
def findings():
    ### BEGIN SOLUTION
    return ["the mean is the mean"]
    ### END SOLUTION

# %% check="findings.claims"
assert findings()

# %% [markdown] task="findings.memo"
# A good memo says what was not looked at.
'''


def read(tmp_path: Path, text: str) -> list:
    """Read a text as if it were the lab's lab.py."""
    file = tmp_path / "solutions" / "tiny" / "lab.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return read_cells(file, tmp_path)


def test_cells_with_lines_and_keys(tmp_path: Path) -> None:
    """Each cell knows its type, its keys, its marker's line and its id in nbgrader."""
    cells = read(tmp_path, SOURCE)
    assert [(cell.type, cell.line, cell.grade_id) for cell in cells] == [
        ("markdown", 1, None),
        ("code", 4, None),
        ("code", 7, None),
        ("code", 10, None),
        ("code", 13, "mean"),
        ("code", 22, "check_mean"),
        ("code", 28, "findings"),
        ("code", 34, "check_findings_claims"),
        ("markdown", 37, "findings_memo"),
    ]
    assert cells[2].keys == {"locked": True, "side": "grader"}
    assert cells[3].source == "# cat and ls are animals, and this line is no command"
    assert [cell.free for cell in cells].index(True) == 3
    assert [cell.manual for cell in cells].index(True) == 8
    check(LAB, cells)


def test_what_is_no_cell(tmp_path: Path) -> None:
    """A jupytext header is skipped, and a marker inside a string starts no cell."""
    header = "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n"
    cells = read(tmp_path, header + '# %%\nx = """\n# %%\n"""\n\n# %%\n\n# %%\ny = 1\n')
    assert [(cell.source, cell.line) for cell in cells] == [
        ('x = """\n# %%\n"""', 6),
        ("y = 1", 13),
    ]
    assert all(cell.marked for cell in cells)


def test_magic_on_the_first_line(tmp_path: Path) -> None:
    """A magic command may stand as a comment, so that lab.py stays Python."""
    (cell,) = read(tmp_path, "# %% locked=true\n# %%writefile a.py\n# %d is a format\nx = 1\n")
    assert cell.source == "%%writefile a.py\n# %d is a format\nx = 1"


def test_a_magic_cell_that_is_no_python(tmp_path: Path) -> None:
    """If all that a cell magic is given stands in comments, the comment signs are taken out."""
    text = "# %% locked=true\n# %%writefile a.md\n# # Title\n#\n#\n#     indented\n\n# end\n"
    (cell,) = read(tmp_path, text)
    assert cell.source == "%%writefile a.md\n# Title\n\n\n    indented\n\nend"


def test_regions() -> None:
    """A cell is taken apart as nbgrader does it, stub and indentation included."""
    regions = split("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\nx = 2")
    assert regions.visible == [
        "def f():",
        *(f"    {line}" for line in STUB),
        "x = 2",
    ]
    assert regions.hidden == ["    return 1"]
    assert not regions.faults


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and a file that is no text are said by name."""
    with pytest.raises(LabError, match=r"lab\.py: the file is missing"):
        read_cells(tmp_path / "lab.py", tmp_path)
    (tmp_path / "lab.py").write_bytes(b"# %%\n\xff")
    with pytest.raises(LabError, match=r"lab\.py: no py:percent file"):
        read_cells(tmp_path / "lab.py", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("# %%\n# cat", '# %% tag="x"\n# cat', 10, "unknown cell key 'tag'"),
        ("# %%\n# cat", "# %% locked\n# cat", 10, "'locked' is no cell key"),
        ("# %%\n# cat", "# %% locked=true task=mean\n# cat", 10, "unknown cell key"),
        ("# %%\n# cat", "# %% locked=false\n# cat", 10, "write locked=true"),
        ("# %%\n# cat", "# %% [raw]\n# cat", 10, "raw cell"),
        ("# %%\n# cat", '# %% side="grader"\n# cat', 10, "only a locked cell"),
        ('side="grader"', 'side="both"', 7, "write side="),
        ("true\nimport", "true parameters=1\nimport", 4, "write parameters=true"),
        ("# %%\n# cat", "# %% parameters=true\n# cat", 10, "only a locked cell can hold the param"),
        ('side="grader"', 'side="grader" parameters=true', 7, "parameters are code for both sides"),
        ("# %% [markdown]\n", "# %% [markdown] locked=true parameters=true\n", 1, "are code for"),
        ("locked=true", "locked=true parameters=true", 7, "a second cell of parameters"),
        ('task="mean"', "task=1", 13, "not task=1"),
        ('task="mean"', 'task="mean" locked=true', 13, "one of task, check and locked"),
        ("# %% [markdown]\n", '# %% [markdown] locked=true side="grader"\n', 1, "only code runs"),
        ('check="findings.claims"', '[markdown] check="findings.claims"', 34, "a check is code"),
        ("# %% [markdown]\n# # A lab", "# A lab", 1, "text before the first"),
        ('task="findings"', 'task="mean"', 28, "a second cell with the id 'mean'"),
        ('task="mean"', 'task="means"', 13, "no task 'means', hence no points"),
        ('"findings.claims"', '"findings.claim"', 34, "part 'claim' of 'findings' no points"),
        ('"findings.claims"', '"findings"', 34, "name one of findings.claims, findings.memo"),
        ('# %% task="mean"', '# %% check="mean"', 13, "without a task cell for 'mean' before"),
        ('# %% check="mean"', "# %%", None, "'mean' has no check"),
        ('[markdown] task="findings.memo"', "[markdown]", None, "'findings.memo' has no check"),
        (
            "# %% [markdown] task",
            '# %% check="findings.memo"\n1\n\n# %% [markdown] task',
            None,
            "graded by 2 cells",
        ),
        ("### END HIDDEN TESTS", "", 24, "BEGIN HIDDEN TESTS without its END"),
        ("    ### END SOLUTION\n\n# %% check", "\n# %% check", 18, "without its END"),
        ("### BEGIN HIDDEN TESTS", "", 26, "END HIDDEN TESTS without its BEGIN"),
        ("### END HIDDEN", "### BEGIN HIDDEN TESTS\n### END HIDDEN", 26, "inside a HIDDEN TESTS"),
        ("### END HIDDEN TESTS", "### END SOLUTION", 26, "END SOLUTION without its BEGIN"),
        ("### BEGIN HIDDEN TESTS", "#BEGIN HIDDEN TESTS", 24, "write `### BEGIN"),
        ("HIDDEN TESTS", "SOLUTION", 22, "SOLUTION region outside a task cell"),
        ("SOLUTION", "HIDDEN TESTS", 13, "HIDDEN TESTS region outside a check cell"),
        ("SOLUTION", "ANSWER", 13, "the solution would be released"),
        ("expected = 2", "expected = = 2", 8, "no valid Python"),
        ("expected = 2", r"expected = '\d'", 8, "no valid Python"),
        (
            "### BEGIN HIDDEN TESTS\nassert",
            "if mean:\n    ### BEGIN HIDDEN TESTS\n    assert",
            22,
            "as the candidate gets it",
        ),
        ("expected = 2", "mean = 2", 13, "'mean' is also defined by the locked cell at line 7"),
        ("expected = 2", "for mean in []: pass", 13, "'mean' is also defined"),
        ("assert findings()", "findings()", 35, "write `assert findings() == ...`, or `_ = find"),
        ("assert mean([1, 5]) == 3", "mean([1, 5])", 25, "ends in `mean([1, 5])`"),
        ("assert findings()", "x = 1\nfindings()[0].share", 36, "'findings' is the candidate's"),
        ("assert findings()", "await findings", 35, "'findings' is the candidate's"),
        ("assert findings()", "findings().count(math.pi)", 35, "'findings' is the candidate's"),
        ("assert findings()", "found", 35, "'found' is the candidate's"),
        (
            'side="grader"\nexpected = 2\n\n# %%\n# cat',
            'side="candidate"\ndef ask(f): return 2\n\n# %% check="mean"\nask(mean)\n\n# %%\n# c',
            11,
            "'ask' is the candidate's",
        ),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, line: int | None, message: str) -> None:
    """Each fault is found, with the line where an editor should open."""
    assert old in SOURCE
    with pytest.raises(LabError) as caught:
        check(LAB, read(tmp_path, SOURCE.replace(old, new)))
    faults = str(caught.value).split("\n")
    where = "solutions/tiny/lab.py" + (f":{line}" if line else ": ")
    assert any(fault.startswith(where) and message in fault for fault in faults), faults


def test_task_without_cells(tmp_path: Path) -> None:
    """A task that only lab.yaml knows is said once, not once for each part."""
    with pytest.raises(LabError) as caught:
        check(LAB, read(tmp_path, SOURCE[: SOURCE.index('# %% task="findings"')]))
    assert str(caught.value) == "solutions/tiny/lab.py: task 'findings' of lab.yaml has no cells"


def test_all_faults_at_once(tmp_path: Path) -> None:
    """An author gets the whole list, in the order of lines."""
    text = SOURCE.replace("expected = 2", "expected = = 2").replace("### END HIDDEN TESTS", "")
    with pytest.raises(LabError) as caught:
        check(LAB, read(tmp_path, text))
    first, second = str(caught.value).split("\n")
    assert first.startswith("solutions/tiny/lab.py:8: ")
    assert second.startswith("solutions/tiny/lab.py:24 (cell 'check mean'): ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('locked=true side="grader"\nexpected', 'locked=true side="candidate"\nmean'),
        ("# %% locked=true\n", "# %% locked=true parameters=true\n"),
        ("expected = 2", "def helper(): mean = 2"),
        ("expected = 2", "expected = await thing()"),
        ("expected = 2", "%matplotlib inline"),
        ('"findings"', '"findings.claims"'),
        ("assert findings()", "findings();"),
        ("assert findings()", "_ = findings()"),
        ("assert findings()", "found = findings()\nlen(found)"),
        ("assert findings()", "found = len(findings())\nfound"),
        ("assert findings()", "math.sqrt(expected)"),
        ("assert findings()", "expected"),
        ("assert findings()", "from hidden import ask\nask(findings)"),
        ("assert findings()", "from hidden import *\nask(findings)"),
        ("assert findings()", "def ask(f):\n    return 1\n\nask(findings)"),
        ("assert findings()", "findings()\n%matplotlib inline"),
        ("assert findings()", "# nothing is asked"),
    ],
)
def test_what_is_no_fault(tmp_path: Path, old: str, new: str) -> None:
    """What looks like a fault and is none: other scopes and sides, magics, top-level await."""
    assert old in SOURCE
    check(LAB, read(tmp_path, SOURCE.replace(old, new)))
