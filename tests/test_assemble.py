"""Whatever a candidate does to a notebook, the instructor's cells under grading are the release's.

Nothing runs here: these are the cells before grading, and what was said about the changes.
"""

import copy
import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograde import assemble, catalog, intake
from autograde.assemble import is_code, is_solution, is_test, marks, same_code
from autograde.errors import LabError
from autograde.testing import check, free, hand_in, lab, locked, task

DOUBLE = "def double(x):\n    return 2 * x"
TRIPLE = "def triple(x):\n    return 3 * x"
RELEASE = lab(
    free("import math"),
    locked("LIMIT = 3"),
    task("double", "secret = 2\nreturn secret * x"),
    check("double", "assert double(1) == 2", "assert double(21) == 42"),
    free("# try things here"),
    task("triple", "return 3 * x"),
    check("triple", "assert triple(1) == 3", "assert triple(5) == 15", points=5),
)
ORDER = ["setup", "double", "check_double", "triple", "check_triple"]


def submission(answers=None):
    """A submission's JSON; its sources are plain strings."""
    tree = hand_in(RELEASE, answers)
    for cell in tree["cells"]:
        cell["source"] = "".join(cell["source"])
    return tree


PRISTINE = submission()


def handed_in(tree):
    """What a notebook's JSON is when it is read."""
    cells, remarks = intake.parse(json.dumps(tree).encode())
    return intake.Submission(cells, remarks=remarks)


def assembled(tree):
    """The notebook under grading."""
    return assemble.assemble(RELEASE, handed_in(tree))


def sources(notebook):
    """Sources of all cells, in order."""
    return [cell.source for cell in notebook.cells]


def by_id(notebook):
    """The instructor's and solution cells by grade id, in order."""
    return {marks(cell)["grade_id"]: cell for cell in notebook.cells if marks(cell)}


def tampering(notebook):
    """What was said about changes, as one text."""
    return "\n".join(notebook.metadata["autograde"]["tampering"])


def find(tree, grade_id):
    """A cell of a submission's JSON by its grade id."""
    return next(
        c for c in tree["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


@pytest.fixture
def tree():
    """A submission with two right answers, to be changed."""
    return submission({"double": DOUBLE, "triple": TRIPLE})


def hold(notebook):
    """Assert everything that is true of every notebook under grading."""
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    found = by_id(notebook)
    assert list(found) == ORDER
    assert len(found) == sum(bool(marks(cell)) for cell in notebook.cells)
    expected = by_id(nbformat.reads(RELEASE.source.decode(), as_version=4))
    for grade_id, cell in found.items():
        assert cell.metadata == expected[grade_id].metadata
        assert cell.cell_type == expected[grade_id].cell_type
        if not is_solution(cell):
            assert cell.source == assemble.released(expected[grade_id])
    for cell in notebook.cells:
        if not marks(cell):
            assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    text = nbformat.writes(notebook)
    for secret in ("HIDDEN", "double(21)", "triple(5)", "secret = 2"):
        assert secret not in text


# -- any change -------------------------------------------------------------------------------

NUMBERS = st.integers(0, 8)
FIELDS = st.sampled_from(["points", "grade", "solution", "locked", "task", "grade_id", "cell_type"])
VALUES = st.sampled_from([*ORDER, "new", None, True, False, 0, 10**9, -1.5, [], {}, "code"])
STEPS = st.one_of(
    st.tuples(st.just("delete"), NUMBERS),
    st.tuples(st.just("copy"), NUMBERS, NUMBERS),
    st.tuples(st.just("move"), NUMBERS, NUMBERS),
    st.tuples(st.just("source"), NUMBERS, st.sampled_from(["", "x = 1", "%reset -f", "### END"])),
    st.tuples(st.just("type"), NUMBERS, st.sampled_from(["code", "markdown", "raw", "heading"])),
    st.tuples(st.just("mark"), NUMBERS, FIELDS, VALUES),
    st.tuples(st.just("tags"), NUMBERS),
)


def change(tree, step):
    """Apply one step to a submission's JSON, if it has such a cell."""
    cells = tree["cells"]
    kind, number, *rest = step
    if number >= len(cells):
        return
    cell = cells[number]
    match kind, *rest:
        case "delete", *_:
            del cells[number]
        case "copy", place:
            cells.insert(place, copy.deepcopy(cell))
        case "move", place:
            cells.insert(place, cells.pop(number))
        case "source", text:
            cell["source"] = text
        case "type", name:
            cell["cell_type"] = name
        case "mark", field, value:
            cell["metadata"].setdefault("nbgrader", {})[field] = value
        case _:
            cell["metadata"]["tags"] = ["skip-execution", "injected-parameters", "parameters"]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_any_changes_leave_the_instructors_cells_as_released(steps):
    """Deleting, copying, moving, editing, retyping and relabelling cells, in any mixture."""
    tree = copy.deepcopy(PRISTINE)
    for step in steps:
        change(tree, step)
    notebook = assembled(tree)
    hold(notebook)
    assert nbformat.writes(notebook) == nbformat.writes(assembled(tree))


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(7)))
def test_any_order_of_the_cells_keeps_every_answer(order):
    """The answers go back to their places; nothing counts as tampered with."""
    tree = submission({"double": DOUBLE, "triple": TRIPLE})
    tree["cells"] = [tree["cells"][number] for number in order]
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["double"].source == DOUBLE
    assert by_id(notebook)["triple"].source == TRIPLE
    assert tampering(notebook) == ""
    assert sources(notebook).count("import math") == 1


# -- single changes ---------------------------------------------------------------------------


def test_an_honest_submission_is_taken_as_it_is(tree):
    """Answers, own cells and free cells each once, in their places; nothing to say."""
    tree["cells"].insert(4, free("draft = double(3)"))
    notebook = assembled(tree)
    hold(notebook)
    assert sources(notebook) == [
        *("import math", "LIMIT = 3", DOUBLE, "assert double(1) == 2", "draft = double(3)"),
        *("# try things here", TRIPLE, "assert triple(1) == 3"),
    ]
    assert notebook.metadata["autograde"]["lab"] == "trial"
    assert tampering(notebook) == ""


def test_an_edited_or_deleted_free_cell_is_the_candidates_choice(tree):
    """A free cell is theirs: what they made of it runs, and what they deleted does not."""
    tree["cells"][0]["source"] = "import cmath"
    del tree["cells"][4]
    notebook = assembled(tree)
    hold(notebook)
    assert sources(notebook)[0] == "import cmath"
    assert "# try things here" not in sources(notebook)
    assert tampering(notebook) == ""


@pytest.mark.parametrize("name", ["check_double", "setup", "double"])
def test_a_deleted_cell_is_put_back(tree, name):
    """A test, a locked cell or a question: the released one is there, and the report says so."""
    tree["cells"].remove(find(tree, name))
    notebook = assembled(tree)
    hold(notebook)
    assert tampering(notebook).startswith(f"the cell '{name}' is missing")
    assert by_id(notebook)["triple"].source == TRIPLE


def test_an_edited_test_or_locked_cell_has_no_effect(tree):
    """Their sources are the release's, and both edits are named."""
    find(tree, "check_double")["source"] = "pass"
    find(tree, "setup")["source"] = "LIMIT = 10**9"
    notebook = assembled(tree)
    hold(notebook)
    assert "the test cell 'check_double'" in tampering(notebook)
    assert "the locked cell 'setup'" in tampering(notebook)


def test_spaces_at_line_ends_are_no_edit(tree):
    """What editors do by themselves is not called tampering."""
    find(tree, "check_double")["source"] = "\nassert double(1) == 2  \n\n"
    assert tampering(assembled(tree)) == ""


@pytest.mark.parametrize(
    ("flag", "value"), [("points", 1000), ("solution", True), ("grade", False), ("locked", False)]
)
def test_changed_points_and_flags_have_no_effect(tree, flag, value):
    """Metadata comes from the release, and the change is named."""
    find(tree, "check_double")["metadata"]["nbgrader"][flag] = value
    notebook = assembled(tree)
    hold(notebook)
    assert tampering(notebook).startswith(f"'{flag}' of the cell 'check_double'")


@pytest.mark.parametrize("name", ["check_double", "double"])
def test_a_code_cell_made_text_is_code_again(tree, name):
    """The type comes from the release, the answer from the candidate."""
    find(tree, name)["cell_type"] = "markdown"
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["double"].source == DOUBLE
    assert f"the cell '{name}' was made a markdown cell" in tampering(notebook)


def test_tags_and_other_metadata_are_not_taken_over(tree):
    """``skip-execution`` on a test, ``injected-parameters`` on an own cell."""
    find(tree, "check_double")["metadata"]["tags"] = ["skip-execution"]
    own = free("double = None")
    own["metadata"] = {"tags": ["injected-parameters"], "autograde": {"side": "grader"}}
    tree["cells"].append(own)
    tree["metadata"] = {"kernelspec": {"name": "evil"}, "autograde": {"problem": "none"}}
    notebook = assembled(tree)
    hold(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert notebook.metadata["autograde"]["problem"] == ""


# -- copies -----------------------------------------------------------------------------------


def test_a_copied_test_cell_is_there_once(tree):
    """The copy is dropped and counted; cells after a copy stay where they are."""
    tree["cells"] += [copy.deepcopy(find(tree, "check_double")), free("after = 1")]
    notebook = assembled(tree)
    hold(notebook)
    assert tampering(notebook) == "there were 2 copies of the cell 'check_double'"
    assert sources(notebook)[-1] == "after = 1"


def pasted(cell, source):
    """A copy as JupyterLab pastes it: with a cell id of its own."""
    made = copy.deepcopy(cell)
    made["id"], made["source"] = "pasted", source
    return made


def test_a_draft_copy_above_the_answer_does_not_undo_it(tree):
    """The original is the answer; the draft runs before it, where it stood."""
    place = tree["cells"].index(find(tree, "double"))
    draft = "def double(x):\n    return 0"
    tree["cells"].insert(place, pasted(find(tree, "double"), draft))
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["double"].source == DOUBLE
    assert sources(notebook).index(draft) < sources(notebook).index(DOUBLE)


def test_an_answer_in_a_copy_below_the_stub_counts(tree):
    """The original is still the stub; the copy below it is an own cell and runs after it."""
    stub = find(PRISTINE, "double")["source"]
    place = tree["cells"].index(find(tree, "double"))
    tree["cells"].insert(place + 1, pasted(find(tree, "double"), DOUBLE))
    find(tree, "double")["source"] = stub
    notebook = assembled(tree)
    hold(notebook)
    assert sources(notebook)[2:4] == [stub, DOUBLE]


def test_the_stub_copied_below_the_answer_is_dropped(tree):
    """It would undo the answer above it."""
    place = tree["cells"].index(find(tree, "double"))
    stub = find(PRISTINE, "double")["source"] + "  # a comment"
    tree["cells"].insert(place + 1, pasted(find(tree, "double"), stub))
    notebook = assembled(tree)
    hold(notebook)
    assert stub not in sources(notebook)


# -- cells that another tool let the candidate delete -------------------------------------------


def test_an_answer_in_a_new_cell_where_the_old_one_stood_counts(tree):
    """VS Code deletes what JupyterLab keeps; the stub is not put back after the answer."""
    place = tree["cells"].index(find(tree, "double"))
    draft, note = free("draft = 1"), nbformat.v4.new_markdown_cell("my idea")
    tree["cells"][place : place + 1] = [note, free("\n"), free(DOUBLE), draft]
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["double"].source == DOUBLE
    assert sources(notebook)[1:5] == ["LIMIT = 3", "my idea", "\n", DOUBLE]
    assert sources(notebook)[5:7] == ["draft = 1", "assert double(1) == 2"]
    assert tampering(notebook) == (
        "the cell 'double' is missing; the candidate's in its place was used"
    )


@pytest.mark.parametrize("last", [True, False])
def test_the_first_and_the_last_cell_have_a_place_too(last):
    """A lab may begin or end with an answer."""
    cells = [task("double", "return 2 * x"), check("double", "assert double(1) == 2")]
    release = lab(*cells[:: -1 if last else 1])
    tree = hand_in(release)
    tree["cells"].remove(find(tree, "double"))
    tree["cells"].insert(len(tree["cells"]) if last else 0, free(DOUBLE))
    notebook = assemble.assemble(release, handed_in(tree))
    assert by_id(notebook)["double"].source == DOUBLE
    assert sources(notebook).count(DOUBLE) == 1


@pytest.mark.parametrize("first", ["setup", "double"])
def test_where_a_neighbour_is_missing_too_nobody_guesses(tree, first):
    """The released stub is there, and what the candidate wrote runs as a cell of their own."""
    place = tree["cells"].index(find(tree, first))
    tree["cells"][place : place + 2] = [free(DOUBLE)]
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["double"].source == find(PRISTINE, "double")["source"]
    assert sources(notebook).count(DOUBLE) == 1
    assert "'double' is missing; the released one" in tampering(notebook)


def test_a_free_cell_of_the_release_is_no_answer(tree):
    """What stood there from the beginning does not take the place of a deleted answer."""
    tree["cells"].remove(find(tree, "triple"))
    notebook = assembled(tree)
    hold(notebook)
    assert by_id(notebook)["triple"].source == find(PRISTINE, "triple")["source"]
    assert "# try things here" in sources(notebook)


# -- whole notebooks --------------------------------------------------------------------------


def test_an_unreadable_submission_is_the_blank_release():
    """Every cell as released, free ones too, and the problem in the metadata."""
    notebook = assemble.assemble(RELEASE, intake.Submission((), problem="it is torn"))
    hold(notebook)
    assert sources(notebook) == [cell["source"] for cell in PRISTINE["cells"]]
    assert notebook.metadata["autograde"]["problem"] == "it is torn"


def test_remarks_are_kept_apart_from_tampering(tree):
    """What was odd but harmless is said, and not as an accusation."""
    tree["nbformat"] = 99
    notebook = assembled(tree)
    hold(notebook)
    assert tampering(notebook) == ""
    assert "format version is 99" in notebook.metadata["autograde"]["remarks"][0]


def test_a_release_without_cell_ids_or_kernelspec_is_completed():
    """A notebook of nbformat 4.4, as other courses have them."""
    tree = json.loads(RELEASE.source)
    tree["nbformat_minor"], tree["metadata"] = 4, {}
    for cell in tree["cells"]:
        del cell["id"]
    old = catalog.release_from_notebook("trial", json.dumps(tree).encode())
    notebook = assemble.assemble(old, handed_in(PRISTINE))
    nbformat.validate(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert tampering(notebook) == ""


def test_a_test_that_nbgrader_has_yet_to_write_is_refused():
    """An AUTOTEST comment alone would pass everybody."""
    trial = lab(task("double", "return 2 * x"), check("double", "### HASHED AUTOTEST double(2)"))
    with pytest.raises(LabError, match="AUTOTEST"):
        assemble.assemble(trial, intake.Submission(()))


def test_which_cell_is_what():
    """A text that a person reads is a solution and no test."""
    memo = nbformat.v4.new_markdown_cell(
        "?", metadata={"nbgrader": {"grade_id": "memo", "grade": True, "solution": True}}
    )
    assert (is_solution(memo), is_test(memo)) == (True, False)
    assert (is_solution(free("x")), is_test(free("x"))) == (False, False)
    cell = check("double", "pass")
    assert (is_solution(cell), is_test(cell)) == (False, True)


# -- the same code ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("x = 1", "x = 1  # one\n\n", True),
        ("x = (1)", "x=1", True),
        ("x = 1", "x = 2", False),
        ("%matplotlib inline", "%matplotlib inline ", True),
        ("def f(:", "def f(:\n", True),
        ("def f(:", "def g(:", False),
        ("'a", '"a', False),
    ],
)
def test_code_is_the_same_whatever_its_spacing(left, right, same):
    """Comments and spacing do not count, broken code is compared as text."""
    assert same_code(left, right) is same


@pytest.mark.parametrize(
    "bomb", ["(" * 10_000, "-" * 50_000 + "1", "1" + "+1" * 50_000, "a" + ".b" * 50_000, "\0"]
)
def test_code_that_no_parser_takes_is_harmless(bomb):
    """Nesting that ends Python's own parser is compared as text and counts as code."""
    assert same_code(bomb, "x = 1") is False
    assert same_code(bomb, bomb) is True
    assert is_code(bomb) is True


@pytest.mark.parametrize(
    ("source", "found"),
    [("", False), ("# note\n\n", False), ("x", True), ("%time", True), ("'''", True)],
)
def test_comments_are_no_code(source, found):
    """A cell of comments was not worked on."""
    assert is_code(source) is found
