"""Whatever stands in a submission folder is read by value or named in a sentence."""

import json
import os
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograde import intake
from autograde.errors import IntakeError
from autograde.intake import Cell, Submission

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["code", "markdown", "raw", "heading", "cell_type", "check_a"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("nbformat", "cells", "worksheets", "cell_type", "source", "input"),
                    *("metadata", "nbgrader", "grade_id", "id", "points", "locked"),
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def code(source="x = 1", **more):
    """A code cell as nbformat writes it."""
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], **more}


def notebook(*cells, **more):
    """A notebook file's bytes."""
    tree = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}
    return json.dumps(tree).encode()


@pytest.fixture
def folder(tmp_path):
    """A submission with a notebook called trial."""
    (tmp_path / "trial.ipynb").write_bytes(notebook(code()))
    return tmp_path


def written(path, data=b"x"):
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# -- parse ------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | JSON.map(lambda tree: json.dumps(tree).encode()))
@example(b"9" * 5000)
@example(notebook(code("\ud800")))
def test_any_bytes_are_cells_or_an_intake_error(data):
    """Nothing but IntakeError is raised, and what is returned can be sent to a kernel."""
    try:
        cells, remarks = intake.parse(data)
    except IntakeError:
        return
    assert all(isinstance(remark, str) for remark in remarks)
    for cell in cells:
        assert cell.type in {"code", "markdown", "raw"}
        cell.source.encode()
    assert len(Submission(cells).digest) == 64


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (notebook(code())[:-20], "not valid JSON"),
        (b"", "not valid JSON"),
        (b"PK\x03\x04\xff\xfe", "not UTF-8"),
        (notebook(code()).decode().encode("utf-16"), "not UTF-8"),
        (b'{"cells": ' + b"[" * 200_000, "nested too deeply"),
        (b"[]", "not a notebook"),
        (b'"text"', "not a notebook"),
        (b"{}", "no list of cells"),
        (b'{"nbformat": 3, "worksheets": []}', "no list of cells"),
        (b'{"cells": {"0": {}}}', "no list of cells"),
        (b'{"cells": [' + b"0," * intake.CELLS + b"0]}", "5000 is the most"),
    ],
)
def test_what_is_no_notebook_is_named_in_a_sentence(data, words):
    """Truncated, compressed, nested, foreign or endless files: the error says which."""
    with pytest.raises(IntakeError, match=words):
        intake.parse(data)


@pytest.mark.parametrize("field", ["nbformat", "metadata", "cells", "source", "flags"])
def test_deep_nesting_inside_a_readable_file_is_harmless(field):
    """A value nested as deeply as JSON is read at all, in each place that is looked at."""
    depth = 800
    deep = "[" * depth + "]" * depth
    places = {
        "nbformat": '{"nbformat": %s, "cells": []}',
        "metadata": '{"nbformat": 4, "metadata": %s, "cells": []}',
        "cells": '{"nbformat": 4, "cells": [%s]}',
        "source": '{"nbformat": 4, "cells": [{"cell_type": "code", "source": %s}]}',
        "flags": '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", '
        '"metadata": {"nbgrader": {"points": %s, "grade_id": %s}}}]}',
    }
    text = places[field].replace("%s", deep)
    with suppress(IntakeError):  # how deep JSON may be depends on Python's version
        intake.parse(text.encode())


def test_a_byte_order_mark_and_joined_lines_are_read():
    """What Windows editors and nbformat's list of lines make of a file is the same notebook."""
    cells, remarks = intake.parse(b"\xef\xbb\xbf" + notebook(code(["a = 1\n", "b = 2"])))
    assert [cell.source for cell in cells] == ["a = 1\nb = 2"]
    assert remarks == ()


def test_version_3_is_read_with_a_remark():
    """Worksheets, ``input`` and heading cells of the old format."""
    tree = {
        "nbformat": 3,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Title"]},
                    {"cell_type": "code", "input": ["x = ", "1"], "collapsed": False},
                ]
            }
        ],
    }
    cells, remarks = intake.parse(json.dumps(tree).encode())
    assert [(c.type, c.source) for c in cells] == [("markdown", "## Title"), ("code", "x = 1")]
    assert remarks == ("the notebook's format version is 3, not 4; its cells were read",)


@pytest.mark.parametrize("version", [99, None, "four", 10**4000])
def test_an_unknown_version_is_a_short_remark(version):
    """A number from the future does not keep the cells from being read."""
    cells, remarks = intake.parse(notebook(code(), nbformat=version))
    assert len(cells) == 1
    assert "format version" in remarks[0]
    assert len(remarks[0]) < 90


def test_metadata_is_not_needed():
    """No kernelspec, no metadata, no id: the cells are read without a remark."""
    tree = {"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}
    assert intake.parse(json.dumps(tree).encode()) == ((Cell("code", "x"),), ())


@pytest.mark.parametrize(
    ("metadata", "cell", "tools"),
    [
        ({"colab": {"provenance": []}}, {}, ["Google Colab"]),
        ({"vscode": {"interpreter": {"hash": "e0c6"}}}, {}, ["VS Code"]),
        ({"orig_nbformat": 4}, {}, ["VS Code"]),
        ({"orig_nbformat": 4}, {"vscode": {"languageId": "python"}}, ["VS Code"]),
        ({}, {"vscode": {"languageId": "sql"}, "colab": {}}, ["Google Colab", "VS Code"]),
        (["colab"], "vscode", []),
    ],
)
def test_another_tool_that_saved_it_is_named_once(metadata, cell, tools):
    """Keys that a tool leaves in a notebook's or a cell's metadata give one remark a tool."""
    saved = notebook(code(metadata=cell), code(metadata=cell), metadata=metadata)
    cells, remarks = intake.parse(saved)
    assert len(cells) == 2
    assert remarks == tuple(
        f"the notebook was saved by {tool}; its cells were read, what that added was left out"
        for tool in tools
    )


@pytest.mark.parametrize(
    ("minor", "cell", "said"),
    [
        *((minor, code(), True) for minor in range(5)),
        (4, code(id="a1"), False),
        (0, code(metadata={"id": "a1"}), False),
        (5, code(), False),
        ([], code(), False),
    ],
)
def test_cells_without_ids_are_read_with_a_remark(minor, cell, said):
    """Formats 4.0 to 4.4 have no ids, which is said unless the tool wrote them all the same."""
    cells, remarks = intake.parse(notebook(cell, nbformat_minor=minor))
    assert len(cells) == 1
    words = f"format 4.{minor} has no cell ids; cells were told apart by nbgrader's marks alone"
    assert remarks == ((words,) if said else ())


def test_an_id_that_colab_moved_is_still_the_cells():
    """In format 4.0 Colab keeps a cell's id in its metadata; its own place goes first."""
    moved, both = code(metadata={"id": "a1"}), code(metadata={"id": "x"}, id="b2")
    cells, _ = intake.parse(notebook(moved, both))
    assert [cell.cell_id for cell in cells] == ["a1", "b2"]


@pytest.mark.parametrize("source", ["a = 1\r\nb = 2", ["a = 1\r\n", "b = 2"]])
def test_line_ends_of_windows_are_line_ends(source):
    """A source reads the same whichever line ends the tool wrote into it."""
    ((cell,), _) = intake.parse(notebook(code(source)))
    assert cell.source == "a = 1\nb = 2"


def test_unreadable_cells_are_counted_and_the_others_kept():
    """A cell without source, of an unknown type, too long, or no cell at all."""
    odd = [
        *({"cell_type": "code"}, {"cell_type": "movie", "source": ""}, 7, None),
        *(code(["a", 1]), code("x" * (intake.SOURCE_CHARACTERS + 1)), {"cell_type": []}),
    ]
    cells, remarks = intake.parse(notebook(code("kept"), *odd))
    assert [cell.source for cell in cells] == ["kept"]
    assert remarks == ("7 cells without readable content were left out",)


@pytest.mark.parametrize(
    "grade_id", ["../../etc", "a b", "<b>", "", "x" * 201, 7, None, ["a"], "a\n"]
)
def test_an_odd_grade_id_is_none(grade_id):
    """An id that nbgrader would not give names no cell."""
    marked = code(metadata={"nbgrader": {"grade_id": grade_id}})
    ((cell,), _) = intake.parse(notebook(marked))
    assert cell.grade_id is None


# -- read -------------------------------------------------------------------------------------


def test_a_notebook_and_its_files_are_read_by_value(folder):
    """Modules and data beside the notebook, without hidden files, caches and notebooks."""
    written(folder / "helper.py", b"TWO = 2")
    written(folder / "pkg" / "mod.py", b"")
    for left in (".env", "__pycache__/helper.pyc", ".ipynb_checkpoints/trial-checkpoint.ipynb"):
        written(folder / left)
    for left in ("timestamp.txt", "draft.ipynb"):
        written(folder / left)
    found = intake.read(folder, "trial")
    assert dict(found.files) == {"helper.py": b"TWO = 2", "pkg/mod.py": b""}
    assert found.problem == ""
    assert found.remarks == ()


def test_a_renamed_notebook_is_taken_with_a_remark(folder):
    """The only notebook in the folder is the one that was meant."""
    (folder / "trial.ipynb").rename(folder / "trial (1).ipynb")
    found = intake.read(folder, "trial")
    assert len(found.cells) == 1
    assert found.remarks == ("the notebook was named 'trial (1).ipynb' instead of 'trial.ipynb'",)


def marked():
    """The bytes of a notebook that nbgrader has marked."""
    return notebook(code("mine", metadata={"nbgrader": {"grade_id": "double"}}))


@pytest.mark.parametrize(
    "name",
    ["trial (1).ipynb", "Copy of trial.ipynb", "trial.ipynb.json", "trial.ipynb.txt", "일.IPYNB"],
)
def test_the_only_notebook_with_nbgraders_marks_is_taken(folder, name):
    """Drafts and torn files beside it do not make anybody guess; the remark has its name."""
    written(folder / name, marked())
    (folder / "trial.ipynb").rename(folder / "draft.ipynb")
    written(folder / "torn.ipynb")
    found = intake.read(folder, "trial")
    assert [cell.source for cell in found.cells] == ["mine"]
    assert found.remarks == (f"the notebook was named {name!r} instead of 'trial.ipynb'",)
    assert dict(found.files) == {}


def test_of_two_with_marks_none_is_taken(folder):
    """Nor is the only one of those that were looked into, where there are more."""
    (folder / "trial.ipynb").unlink()
    for name in ("a.ipynb", "b.ipynb"):
        written(folder / name, marked())
    assert "has 2 notebooks" in intake.read(folder, "trial").problem
    (folder / "b.ipynb").unlink()
    for number in range(intake.NOTEBOOKS):
        written(folder / f"c{number}.ipynb")
    assert "has 11 notebooks" in intake.read(folder, "trial").problem
    (folder / "c0.ipynb").unlink()
    assert intake.read(folder, "trial").problem == ""


def test_a_second_download_beside_the_notebook_is_named(folder):
    """The lab's name decides; that another one may have been meant is said."""
    written(folder / "trial (1).ipynb", marked())
    found = intake.read(folder, "trial")
    assert [cell.source for cell in found.cells] == ["x = 1"]
    assert found.remarks == (
        "trial.ipynb was read; 'trial (1).ipynb' beside it seems to be the lab's too, and was not",
    )


def test_a_notebook_without_cells_is_a_problem(folder):
    """What an editor leaves that failed while it saved is not a blank answer."""
    written(folder / "trial.ipynb", notebook())
    found = intake.read(folder, "trial")
    assert found.problem == "the notebook has no cells; hand in the one that has your answers"


def test_two_unknown_notebooks_are_a_problem(folder):
    """Nobody guesses which of two was meant."""
    (folder / "trial.ipynb").rename(folder / "a.ipynb")
    written(folder / "b.ipynb", notebook())
    found = intake.read(folder, "trial")
    assert found.cells == ()
    assert found.problem == (
        "the folder has 2 notebooks and none is called trial.ipynb; "
        "give the right one that name and hand it in again"
    )


def test_no_notebook_is_a_problem(tmp_path):
    """An empty folder, and one that does not exist."""
    for folder in (tmp_path, tmp_path / "missing"):
        assert "no notebook" in intake.read(folder, "trial").problem


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder"])
def test_a_notebook_that_is_no_file_is_never_followed(folder, tmp_path_factory, kind):
    """A link, a pipe or a folder of the notebook's name: a problem, at once."""
    outside = tmp_path_factory.mktemp("outside") / "secret.ipynb"
    path = folder / "trial.ipynb"
    path.rename(outside)
    match kind:
        case "link":
            path.symlink_to(outside)
        case "dangling link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
    found = intake.read(folder, "trial")
    assert found.cells == ()
    assert found.problem


def test_links_and_pipes_beside_the_notebook_are_left_out(folder):
    """Nothing outside the folder is read and nothing blocks; the remark names what was left."""
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    found = intake.read(folder, "trial")
    assert dict(found.files) == {}
    assert len(found.cells) == 1
    (remark,) = found.remarks
    assert remark.startswith("2 files were left out")
    assert remark.endswith(": 'passwd', 'pipe'")


def test_files_are_limited_in_size_and_number(folder, monkeypatch):
    """What does not fit is left out and named; the rest stays."""
    monkeypatch.setattr(intake, "FILES_BYTES", 10)
    monkeypatch.setattr(intake, "FILES", 2)
    for name, size in (("a", 5), ("b", 11), ("c", 5), ("d", 0)):
        written(folder / name, b"x" * size)
    found = intake.read(folder, "trial")
    assert sorted(found.files) == ["a", "c"]
    assert "'b', 'd'" in found.remarks[0]


def test_a_huge_notebook_is_a_problem(folder):
    """A sparse file of a terabyte is refused without being read."""
    with (folder / "trial.ipynb").open("ab") as file:
        file.truncate(2**40)
    assert "larger than 100 MB" in intake.read(folder, "trial").problem


def test_a_deep_tree_of_folders_is_read_as_far_as_anyone_looks(folder):
    """Folders inside each other without end stop nothing; the remark names what was left."""
    written(folder / "/".join("d" * 10) / "seen.txt")
    written(folder / "/".join("d" * 40) / "unseen.txt")
    found = intake.read(folder, "trial")
    assert [path.rpartition("/")[2] for path in found.files] == ["seen.txt"]
    assert len(found.cells) == 1
    assert "1 files were left out" in found.remarks[0]


def test_names_that_are_no_text_are_read(folder):
    """A file name of arbitrary bytes and one with markup."""
    for name in (b"\xff\xfe.txt", b"<img src=x onerror=alert(1)>.txt", b"a\nb.txt"):
        with open(os.path.join(os.fsencode(folder), name), "wb"):
            pass
    found = intake.read(folder, "trial")
    assert len(found.files) == 3
    assert len(found.digest) == 64


def test_the_digest_is_of_what_counts(folder):
    """Outputs and metadata do not matter; sources, ids and files do."""
    first = intake.read(folder, "trial").digest
    written(folder / "trial.ipynb", notebook(code(outputs=[1]), metadata={"a": 1}))
    assert intake.read(folder, "trial").digest == first
    written(folder / "helper.py")
    second = intake.read(folder, "trial").digest
    written(folder / "trial.ipynb", notebook(code("x = 2")))
    assert len({first, second, intake.read(folder, "trial").digest}) == 3
