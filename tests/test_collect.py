"""Work that comes back, from honest hands and from others: taken once, never written over."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograde import assemble, assignment, catalog, collect, intake, results, unpack
from autograde.errors import UsageError
from autograde.testing import grade
from autograde.verdict import Record


def packed(files, path, **kinds):
    """A zip of files; the keywords give a file's kind by its name, such as a link's."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = kinds.get(name, 0o644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def solved(files, words="return x + x"):
    """The files with an answer in the notebook."""
    text = files["small/small.ipynb"].decode().replace("raise NotImplementedError", words + "  #")
    return {**files, "small/small.ipynb": text.encode()}


def due_ago(root, made, minutes):
    """Move the end of an assignment's time into the past, and return it."""
    due = datetime.now(UTC) - timedelta(minutes=minutes)
    moved = made.model_copy(update={"due": due.isoformat(timespec="seconds")})
    path = root / f"course/assigned/kim/{made.id}.json"
    results.write_atomically(path, moved.model_dump_json())
    return due


def one(found):
    """The only thing that became of the only source."""
    (only,) = found
    return only


def submitted(root):
    """kim's work as grading reads it."""
    return intake.read(root / "course/submitted/kim/small", "small")


def test_work_comes_back_whole(handed_out, tmp_path):
    """Notebook and own files are taken, given data are not; the hash is the receipt's."""
    root, made, files = handed_out
    mine = {**solved(files), "small/helper.py": b"y = 1\n"}
    taken = one(collect.collect([packed(mine, tmp_path / "kim.zip")], root))
    assert not taken.refused
    assert taken.attempt.labs == ("small",)
    assert taken.attempt.notes == ()
    assert taken.attempt.assignment == made.id
    found = submitted(root)
    assert found.files == {"helper.py": b"y = 1\n"}
    assert any("return x + x" in cell.source for cell in found.cells)
    assert any(taken.attempt.sha256[:16] in line for line in collect.said([taken]))


@pytest.mark.parametrize("around", ["", "kim/", "일/"])
def test_a_folder_around_it_and_a_folder_itself_are_taken_too(handed_out, tmp_path, around):
    """A zip that the candidate made by hand, and an unpacked folder, say the same."""
    root, _, files = handed_out
    archive = packed(
        {around + name: data for name, data in solved(files).items()}, tmp_path / "z.zip"
    )
    assert not one(collect.collect([archive], root)).refused
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unpacked")
    assert not one(collect.collect([tmp_path / "unpacked"], root)).refused
    # One lab's folder alone is enough, as nbgrader's exchange has it.
    (alone,) = (tmp_path / "unpacked").rglob("small")
    assert not one(collect.collect([alone], root)).refused
    assert len({attempt.sha256 for attempt in collect.attempts(root / "course", "kim")}) == 1


def test_the_last_attempt_counts_and_the_earlier_ones_stay(handed_out, tmp_path):
    """Nothing collected is written over; the same file twice is one attempt."""
    root, _, files = handed_out
    first = packed(solved(files, "return 1"), tmp_path / "a.zip")
    second = packed(solved(files, "return 2"), tmp_path / "b.zip")
    for source in (first, second):
        assert not one(collect.collect([source], root)).refused
    again = one(collect.collect([second], root))
    assert again.known
    kept = sorted((root / "course/collected/kim").glob("*/small/small.ipynb"))
    assert sorted("return 1" in path.read_text() for path in kept) == [False, True]
    assert any("return 2" in cell.source for cell in submitted(root).cells)
    # Whoever goes back to the first answer hands it in again, later.
    first.touch()
    assert not one(collect.collect([first], root)).known
    assert any("return 1" in cell.source for cell in submitted(root).cells)
    assert len(collect.attempts(root / "course", "kim")) == 3


def test_the_last_one_is_the_one_that_came_last(handed_out, tmp_path):
    """Whatever the order in which they are named, and on which evening they are found."""
    root, _, files = handed_out
    now = datetime.now(UTC).timestamp()
    made = {}
    for age, words in ((30, "return 1"), (20, "return 2"), (10, "return 3")):
        made[age] = packed(solved(files, words), tmp_path / f"{age}.zip")
        os.utime(made[age], (now - age, now - age))
    collect.collect([made[10], made[30]], root)
    assert any("return 3" in cell.source for cell in submitted(root).cells)
    found = one(collect.collect([made[20]], root))
    assert "one that came later stands for small" in found.attempt.notes[0]
    assert any("return 3" in cell.source for cell in submitted(root).cells)
    hashes = [attempt.sha256 for attempt in collect.attempts(root / "course", "kim")]
    assert hashes[1] == found.attempt.sha256
    assert len(set(hashes)) == 3


def test_work_that_came_again_is_the_last(handed_out, tmp_path):
    """First, second, and the first again, in whatever order they are collected."""
    root, _, files = handed_out
    now = datetime.now(UTC).timestamp()
    made = []
    for age, words in ((30, "return 1"), (10, "return 1"), (20, "return 2")):
        made.append(packed(solved(files, words), tmp_path / f"{age}.zip"))
        os.utime(made[-1], (now - age, now - age))
        collect.collect([made[-1]], root)
    assert any("return 1" in cell.source for cell in submitted(root).cells)
    assert all(each.known for each in collect.collect([made[1], made[2]], root))


def test_a_grader_can_say_when_it_came(handed_out, tmp_path):
    """A mail came in time and was saved later: the time is corrected, and not into the future."""
    root, made, files = handed_out
    due = due_ago(root, made, minutes=12)
    archive = packed(solved(files), tmp_path / "z.zip")
    assert one(collect.collect([archive], root)).attempt.late_minutes > 11
    assert collect.late(root / "course", "kim", "small") > 11
    told = one(collect.collect([archive], root, due - timedelta(minutes=1)))
    assert told.attempt.late_minutes == 0
    assert told.attempt.notes == ()
    assert collect.late(root / "course", "kim", "small") == 0
    assert one(collect.collect([archive], root, due - timedelta(minutes=1))).known
    with pytest.raises(UsageError, match="has not come yet"):
        collect.collect([archive], root, datetime.now(UTC) + timedelta(days=365))


def test_a_corrected_time_can_change_what_stands(handed_out, tmp_path):
    """What turns out to have come first no longer stands, and the other one is graded."""
    root, _, files = handed_out
    now = datetime.now(UTC)
    first, second = (packed(solved(files, f"return {n}"), tmp_path / f"{n}.zip") for n in (1, 2))
    for archive, age in ((first, 10), (second, 20)):
        came = now.timestamp() - age
        os.utime(archive, (came, came))
    collect.collect([first, second], root)
    assert any("return 1" in cell.source for cell in submitted(root).cells)
    collect.collect([first], root, now - timedelta(seconds=30))
    assert any("return 2" in cell.source for cell in submitted(root).cells)


def test_what_a_grader_mended_by_hand_stays(handed_out, tmp_path):
    """The same file once more changes nothing in what stands."""
    root, _, files = handed_out
    archive = packed(solved(files), tmp_path / "z.zip")
    collect.collect([archive], root)
    mended = root / "course/submitted/kim/small/small.ipynb"
    mended.write_text(mended.read_text().replace("return x + x", "return 2 * x"))
    assert one(collect.collect([archive], root)).known
    assert any("return 2 * x" in cell.source for cell in submitted(root).cells)


def test_a_copy_inside_is_not_another_lab(handed_out, tmp_path):
    """A backup that lies in the lab's folder comes along, and is not asked about."""
    root, _, files = handed_out
    inside = {name.replace("small/", "small/backup/"): data for name, data in files.items()}
    both = {**{n: d for n, d in inside.items() if n.startswith("small/")}, **solved(files)}
    assert not one(collect.collect([packed(both, tmp_path / "z.zip")], root)).refused
    assert any("return x + x" in cell.source for cell in submitted(root).cells)


def test_what_the_system_cannot_name_stops_nobody(handed_out, tmp_path):
    """A name in no encoding and folders without end are refused; the next one is taken."""
    root, _, files = handed_out
    raw = tmp_path / "raw"
    raw.mkdir()
    Path(os.fsdecode(os.fsencode(raw) + b"/" + "답안.csv".encode("cp949"))).touch()
    deep = tmp_path / "deep"
    deep.joinpath(*["a"] * 500).mkdir(parents=True)
    good = packed(solved(files), tmp_path / "good.zip")
    found = {each.source: each for each in collect.collect([raw, deep, good], root)}
    assert "too long or odd" in found[raw].refused
    assert "folders inside each other" in found[deep].refused
    assert not found[good].refused


def test_a_full_disk_leaves_no_half_attempt(handed_out, tmp_path, monkeypatch):
    """What could not be kept is said, and nothing of it stays."""
    root, _, files = handed_out

    write = results.write_atomically

    def full(path, data):
        if path.name == "attempt.json":
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(collect.results, "write_atomically", full)
    taken = one(collect.collect([packed(solved(files), tmp_path / "z.zip")], root))
    assert "No space left" in taken.refused
    assert not list((root / "course").glob("collected/*/*"))


def test_what_stands_can_be_put_back(handed_out, tmp_path):
    """Collected once more, the last attempt stands again where a folder was lost."""
    root, _, files = handed_out
    archive = packed(solved(files), tmp_path / "a.zip")
    collect.collect([archive], root)
    shutil.rmtree(root / "course/submitted/kim")
    assert one(collect.collect([archive], root)).known
    assert any("return x + x" in cell.source for cell in submitted(root).cells)


def test_work_is_graded_with_the_data_that_it_was_done_with(handed_out, tmp_path):
    """A second assignment does not change what the first one's work is graded with."""
    root, made, files = handed_out
    again, _ = assignment.assign("kim", ["small"], root, seed=9)
    taken = one(collect.collect([packed(solved(files), tmp_path / "a.zip")], root))
    assert taken.attempt.notes == ()
    release = catalog.release("small", root)
    assert again.labs["small"].data != made.labs["small"].data
    assert collect.own(release, root / "course", "kim").data_hash == made.labs["small"].data
    assert collect.own(release, root / "course", "lee") is release


def test_what_was_put_there_by_hand_is_kept(handed_out, tmp_path):
    """A folder that no attempt has is kept beside the attempt that takes its place."""
    root, _, files = handed_out
    place = root / "course/submitted/kim/small"
    place.mkdir(parents=True)
    (place / "small.ipynb").write_text("by hand")
    assert not one(collect.collect([packed(solved(files), tmp_path / "z.zip")], root)).refused
    (kept,) = (root / "course/collected/kim").glob("*/before/small/small.ipynb")
    assert kept.read_text() == "by hand"


def test_work_that_is_late_is_taken_with_a_note(handed_out, tmp_path):
    """The minutes after the time are kept and said."""
    root, made, files = handed_out
    due_ago(root, made, minutes=12)
    taken = one(collect.collect([packed(solved(files), tmp_path / "z.zip")], root))
    assert taken.attempt.late_minutes == pytest.approx(12, abs=0.5)
    assert "minutes after the time" in collect.said([taken])[1]


def test_work_that_lay_a_while_is_not_late(handed_out, tmp_path):
    """What came in time and is collected in the evening is in time."""
    root, made, files = handed_out
    due = due_ago(root, made, minutes=12)
    archive = packed(solved(files), tmp_path / "z.zip")
    came = (due - timedelta(minutes=1)).timestamp()
    os.utime(archive, (came, came))
    taken = one(collect.collect([archive], root))
    assert taken.attempt.late_minutes == 0
    assert taken.attempt.notes == ()


def test_given_data_are_not_taken_back(handed_out, tmp_path):
    """Data that the candidate changed would be graded with; they are left out, and that is said."""
    root, _, files = handed_out
    mine = {**solved(files), "small/data/numbers.csv": b"9 9\n", "small/data/own.csv": b"1\n"}
    taken = one(collect.collect([packed(mine, tmp_path / "z.zip")], root))
    assert "data/numbers.csv" in taken.attempt.notes[0]
    assert submitted(root).files == {}


# -- notebooks saved by other tools -------------------------------------------------------------


def cells(tree):
    """The cells of a notebook's JSON, each with an output as after running them."""
    for cell in tree["cells"]:
        if cell["cell_type"] == "code":
            text = {"name": "stdout", "output_type": "stream", "text": ["done\n"]}
            cell |= {"execution_count": 3, "outputs": [text]}
        yield cell


def colab(tree):
    """Google Colab's download: format 4.0, ids in the metadata, and what it adds."""
    for number, cell in enumerate(cells(tree)):
        cell["metadata"] |= {"id": cell.pop("id"), "colab": {"base_uri": "https://localhost:8080/"}}
        cell["metadata"]["outputId"] = f"28b07730-954d-4958-f35a-{number:012}"
    about = {"provenance": [], "gpuType": "T4", "toc_visible": True}
    added = {"accelerator": "GPU", "colab": about, "language_info": {"name": "python"}}
    kernel = {"name": "python3", "display_name": "Python 3"}
    tree |= {"nbformat_minor": 0, "metadata": {**added, "kernelspec": kernel}}
    return json.dumps(tree, indent=2).encode()


def vs_code(tree):
    """VS Code: metadata and ids are kept, keys sorted, and its kernel's name is the machine's."""
    for cell in cells(tree):
        cell["metadata"]["vscode"] = {"languageId": "python"}
    tree["metadata"]["kernelspec"]["display_name"] = ".venv (3.12.3)"
    return json.dumps(tree, indent=4, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def old_vs_code(tree):
    """VS Code before 2023: format 4.2 without ids, and its interpreter's hash."""
    for cell in cells(tree):
        del cell["id"]
    tree["metadata"] |= {"orig_nbformat": 4, "vscode": {"interpreter": {"hash": "e0c64f3b"}}}
    return json.dumps(tree | {"nbformat_minor": 2}, indent=1, sort_keys=True).encode()


def without_ids(tree):
    """Jupyter Notebook before 6.2."""
    for cell in cells(tree):
        del cell["id"]
    return json.dumps(tree | {"nbformat_minor": 4}).encode()


def version_3(tree):
    """IPython Notebook 2, through nbformat's own conversion."""
    return nbformat.writes(nbformat.reads(json.dumps(tree), as_version=3), version=3).encode()


def windows(tree):
    """An editor on Windows: a byte order mark, its line ends, and sources as single strings."""
    for cell in cells(tree):
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    text = json.dumps(tree, indent=1, ensure_ascii=False).replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + text.encode()


SAVED = "the notebook was saved by {}; its cells were read, what that added was left out"
NO_IDS = "format 4.{} has no cell ids; cells were told apart by nbgrader's marks alone"
TOOLS = {
    colab: (SAVED.format("Google Colab"),),
    vs_code: (SAVED.format("VS Code"),),
    old_vs_code: (SAVED.format("VS Code"), NO_IDS.format(2)),
    without_ids: (NO_IDS.format(4),),
    version_3: ("the notebook's format version is 3, not 4; its cells were read",),
    windows: (),
}
NOTEBOOK = "small/small.ipynb"


def under_grading(root):
    """kim's answers as they will be graded, by grade id, and what is said about them."""
    made = assemble.assemble(catalog.release("small", root), submitted(root))
    answers = {assemble.marks(c)["grade_id"]: c.source for c in made.cells if assemble.marks(c)}
    return answers, made.metadata["autograde"]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_notebook_saved_by_another_tool_is_taken_with_a_note(handed_out, tmp_path, tool):
    """The answers arrive as they were written, nothing counts as changed, and the note says why."""
    root, _, files = handed_out
    mine = solved(files)
    assert one(collect.collect([packed(mine, tmp_path / "plain.zip")], root)).attempt.notes == ()
    plain, said = under_grading(root)
    assert "return x + x" in plain["double"]
    assert said["remarks"] == []
    saved = {**mine, NOTEBOOK: tool(json.loads(mine[NOTEBOOK]))}
    taken = one(collect.collect([packed(saved, tmp_path / "z.zip")], root))
    assert taken.attempt.notes == tuple(f"small: {words}" for words in TOOLS[tool])
    found, said = under_grading(root)
    assert found == plain
    assert said["tampering"] == []
    assert tuple(said["remarks"]) == TOOLS[tool]


@pytest.mark.slow
def test_a_notebook_from_colab_gets_the_same_points(handed_out):
    """Graded by the real machinery, every check ends as it does for the notebook from Jupyter."""
    root, _, files = handed_out
    release = catalog.release("small", root)
    plain = solved(files)[NOTEBOOK]
    first, second = (grade(release, data)[0] for data in (plain, colab(json.loads(plain))))
    assert first.score == second.score == 6
    assert [v.status for v in first.verdicts] == [v.status for v in second.verdicts]


@pytest.mark.parametrize("name", ["small (1).ipynb", "Copy of small.ipynb", "small.ipynb.json"])
def test_a_renamed_notebook_is_taken_with_a_note(handed_out, tmp_path, name):
    """Drafts and checkpoints beside it do not matter: nbgrader's marks tell which it is."""
    root, _, files = handed_out
    mine = solved(files)
    mine[f"small/{name}"] = mine.pop(NOTEBOOK)
    mine["small/draft.ipynb"] = nbformat.writes(nbformat.v4.new_notebook()).encode()
    mine["small/.ipynb_checkpoints/small-checkpoint.ipynb"] = files[NOTEBOOK]
    taken = one(collect.collect([packed(mine, tmp_path / "z.zip")], root))
    assert taken.attempt.notes == (
        f"small: the notebook was named {name!r} instead of 'small.ipynb'",
    )
    assert "return x + x" in under_grading(root)[0]["double"]


def test_a_second_download_is_named_when_it_comes(handed_out, tmp_path):
    """The untouched notebook beside the one that has the work: somebody has to look."""
    root, _, files = handed_out
    mine = {**files, "small/small (1).ipynb": solved(files)[NOTEBOOK]}
    taken = one(collect.collect([packed(mine, tmp_path / "z.zip")], root))
    assert "'small (1).ipynb' beside it" in taken.attempt.notes[0]


def of_another_lab(tree):
    """A notebook whose answers have other names."""
    return json.dumps(tree).replace('"grade_id": "', '"grade_id": "other_').encode()


def unmarked(tree):
    """A notebook that was copied, cell by cell, into a new one."""
    for cell in cells(tree):
        cell["metadata"] = {}
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (lambda tree: json.dumps(tree).encode()[:-20], "is not valid JSON"),
        (lambda tree: b"", "is not valid JSON"),
        (lambda tree: json.dumps(tree).encode("utf-16"), "is not UTF-8 text"),
        (lambda tree: b"<!DOCTYPE html><title>small.ipynb - Colab</title>", "is not valid JSON"),
        (lambda tree: json.dumps(tree | {"cells": []}).encode(), "has no cells"),
        (of_another_lab, "has none of the cells for answers"),
        (unmarked, "has none of the cells for answers"),
    ],
)
def test_what_cannot_be_graded_is_refused_and_takes_nothings_place(
    handed_out, tmp_path, tool, words
):
    """One sentence names the lab and what was seen; the earlier attempt stands as it came."""
    root, _, files = handed_out
    assert not one(collect.collect([packed(solved(files), tmp_path / "a.zip")], root)).refused
    before = catalog.files(root / "course")
    bad = {**files, NOTEBOOK: tool(json.loads(files[NOTEBOOK]))}
    refused = one(collect.collect([packed(bad, tmp_path / "b.zip")], root)).refused
    assert refused.startswith("small is not taken: ")
    assert words in refused
    assert "\n" not in refused
    assert catalog.files(root / "course") == before


def test_two_renamed_notebooks_and_none_are_refused(handed_out, tmp_path):
    """Nobody guesses, and a folder without a notebook is not a blank one."""
    root, _, files = handed_out
    saved = files.pop(NOTEBOOK)
    refused = one(collect.collect([packed(files, tmp_path / "a.zip")], root)).refused
    assert refused == "small is not taken: the folder has no notebook"
    both = {**files, "small/a.ipynb": saved, "small/b.ipynb": saved}
    refused = one(collect.collect([packed(both, tmp_path / "b.zip")], root)).refused
    assert refused.startswith("small is not taken: the folder has 2 notebooks and none is called")
    assert not (root / "course/collected").exists()


def about(wanted, candidate="kim", lab="small"):
    """What a lab's folder says of itself."""
    return json.dumps({"id": wanted, "candidate": candidate, "lab": lab}).encode()


ABOUT = "small/assignment.json"
LINK, PIPE = stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644


@pytest.mark.parametrize(
    ("change", "kinds", "words"),
    [
        ({"../evil": b"x"}, {}, "leads elsewhere"),
        ({"/etc/evil": b"x"}, {}, "leads elsewhere"),
        ({"small/../../evil": b"x"}, {}, "leads elsewhere"),
        ({"c:evil": b"x"}, {}, "leads elsewhere"),
        ({"small/a\\..\\evil": b"x"}, {}, "leads elsewhere"),
        ({"small/a": b"x", "small/a/b": b"x"}, {}, "a file and a folder"),
        ({"/".join(["small", *30 * ["a"]]): b"x"}, {}, "too long or odd"),
        ({"small/" + 300 * "a": b"x"}, {}, "too long or odd"),
        ({"small/a\x1b[8m.py": b"x"}, {}, "too long or odd"),
        ({"small/link": b"/etc/passwd"}, {"small/link": LINK}, "a link or a device"),
        ({"small/pipe": b""}, {"small/pipe": PIPE}, "a link or a device"),
        ({ABOUT: b'{"id": 1'}, {}, "is damaged"),
        ({ABOUT: b"[" * 100_000}, {}, "is damaged"),
        ({ABOUT: about("../../x")}, {}, "of no assignment"),
        ({ABOUT: about("0000")}, {}, "of no assignment"),
        ({"b/assignment.json": about("0" * 12)}, {}, "'small' twice; leave in"),
        ({"b/assignment.json": about("0000", lab="b")}, {}, "more than one assignment"),
    ],
)
def test_a_hostile_zip_changes_nothing(handed_out, tmp_path, change, kinds, words):
    """It is refused with a sentence, and no file of it is anywhere."""
    root, _, files = handed_out
    before = sorted(tmp_path.rglob("*"))
    archive = packed({**solved(files), **change}, tmp_path / "z.zip", **kinds)
    taken = one(collect.collect([archive], root))
    assert words in taken.refused
    assert sorted(tmp_path.rglob("*")) == sorted([*before, archive])


def test_a_hand_made_zip_is_taken_as_it_was_meant(handed_out, tmp_path):
    """Backslashes of Windows, odd names that are harmless, and a forgotten environment."""
    root, _, files = handed_out
    mine = {**solved(files), "small/질문?.md": b"1", "small/10:30.md": b"2"}
    mine |= {f".venv/lib/{number}.py": b"" for number in range(3000)}
    windows = {name.replace("/", "\\"): data for name, data in mine.items()}
    assert not one(collect.collect([packed(windows, tmp_path / "z.zip")], root)).refused
    assert submitted(root).files == {"질문?.md": b"1", "10:30.md": b"2"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_korean_names_are_read_without_a_mark(handed_out, tmp_path, encoding):
    """Finder writes UTF-8 and Explorer Korean, and neither says so in the zip."""
    root, _, files = handed_out
    name = "답안.csv".encode(encoding)
    path = packed({**solved(files), "small/" + "x" * len(name): b"3"}, tmp_path / "z.zip")
    path.write_bytes(path.read_bytes().replace(b"small/" + b"x" * len(name), b"small/" + name))
    assert not one(collect.collect([path], root)).refused
    assert submitted(root).files == {"답안.csv": b"3"}


def test_other_ways_of_packing_are_not_unpacked(handed_out, tmp_path):
    """bzip2 and LZMA give all of a file at once, however little is asked for."""
    root, _, files = handed_out
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "z.zip", "w", method) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        assert "unusual way" in one(collect.collect([tmp_path / "z.zip"], root)).refused


def test_what_is_no_file_is_not_waited_for(handed_out, tmp_path):
    """A pipe, a link to a good file and a folder with a link in it are refused at once."""
    root, _, files = handed_out
    os.mkfifo(tmp_path / "pipe.zip")
    good = packed(solved(files), tmp_path / "good.zip")
    (tmp_path / "link.zip").symlink_to(good)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/small").symlink_to(tmp_path)
    found = collect.collect([tmp_path / n for n in ("pipe.zip", "link.zip", "folder")], root)
    assert all(each.refused for each in found)


def test_nothing_of_a_candidate_moves_the_cursor(handed_out, tmp_path):
    """Names and words of a submission are shown without escapes or line ends."""
    root, made, files = handed_out
    evil = {**files, ABOUT: about(made.id, "lee\x1b[8m\nkim: taken")}
    path = packed(evil, tmp_path / "a\x1b[2K\n.zip")
    (line,) = collect.said(collect.collect([path], root))
    assert line.isprintable()


def test_a_bomb_is_refused(handed_out, tmp_path, monkeypatch):
    """However small a file says that it is, no more is unpacked than there is room for."""
    root, _, files = handed_out
    monkeypatch.setattr(unpack, "FILES_BYTES", 1_000_000)
    archive = packed({**files, "small/zeros": b"0" * 30_000_000}, tmp_path / "z.zip")
    assert archive.stat().st_size < 100_000
    assert "1 MB together" in one(collect.collect([archive], root)).refused
    monkeypatch.setattr(unpack, "FILES", 5)
    many = {**files, **{f"small/{number}.py": b"" for number in range(5)}}
    assert (
        "more than 5 files"
        in one(collect.collect([packed(many, tmp_path / "m.zip")], root)).refused
    )


def test_another_candidates_work_is_not_taken_for_it(handed_out, tmp_path):
    """An id of kim's with the name of lee is refused, as is a file without any id."""
    root, made, files = handed_out
    archive = packed({**solved(files), ABOUT: about(made.id, "lee")}, tmp_path / "a.zip")
    assert "given to kim" in one(collect.collect([archive], root)).refused
    del files[ABOUT]
    assert "submit.py" in one(collect.collect([packed(files, tmp_path / "b.zip")], root)).refused


def test_one_that_is_refused_stops_nobody(handed_out, tmp_path):
    """What is damaged, missing or a folder of links is said; the next one is taken."""
    root, _, files = handed_out
    good = packed(solved(files), tmp_path / "good.zip")
    torn = tmp_path / "torn.zip"
    torn.write_bytes(good.read_bytes()[:-40])
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "assignment.json").symlink_to("/etc/passwd")
    found = collect.collect([torn, tmp_path / "none.zip", linked, good], root)
    refused = {each.source: each.refused for each in found if each.refused}
    assert set(refused) == {torn, tmp_path / "none.zip", linked}
    assert "damaged" in refused[torn]


@given(st.binary(max_size=400))
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_no_bytes_do_harm(handed_out, tmp_path, noise):
    """Anything, and a good file with bytes changed, is taken or refused, and never an error."""
    root, _, files = handed_out
    buffer = io.BytesIO()
    packed(solved(files), buffer)
    whole = bytearray(buffer.getvalue())
    at = sum(noise) % len(whole)
    whole[at : at + len(noise)] = noise
    for data in (noise, bytes(whole)):
        path = tmp_path / "noise.zip"
        path.write_bytes(data)
        (found,) = collect.collect([path], root)
        assert isinstance(found.attempt, Record) != bool(found.refused)
    shutil.rmtree(root / "course/collected", ignore_errors=True)


@pytest.mark.slow
def test_an_evening_in_one_command(handed_out, tmp_path):
    """Work with data of their own is collected, graded with these, reported; prose is named."""
    root, _, files = handed_out
    text = files["small/small.ipynb"].decode()
    # An honest answer may depend on the data that the candidate has, and on no others.
    own = files["small/data/numbers.csv"].decode().split()
    assert own[0] != "0"
    answer = f"assert given == {own!r}\\n    return x + x  #"
    text = text.replace("raise NotImplementedError", answer.replace('"', "'"))
    text = text.replace("YOUR ANSWER HERE", "because twice is once more")
    mine = {**files, "small/small.ipynb": text.encode()}
    good = packed(mine, tmp_path / "kim.zip")
    torn = tmp_path / "torn.zip"
    torn.write_bytes(good.read_bytes()[:-40])
    # lee's data are lost before the evening: ours to mend, and nobody else waits for it.
    _, bundle = assignment.assign("lee", ["small"], root, seed=8)
    assert not one(collect.collect([bundle], root)).refused
    (root / "course/variants/small/8/data/numbers.csv").write_text("1\n")
    program = Path(sys.executable).parent / "autograde"
    done = subprocess.run(
        [program, "grade", good, torn], cwd=root, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1, done.stdout + done.stderr  # one was refused
    assert "torn.zip: refused: " in done.stdout
    assert "small kim: 6 of 6" in done.stdout
    assert "small lee: 0 of 6 (grader error)" in done.stdout
    assert "no longer the same" in (root / "course/results/small/lee.json").read_text()
    assert "kim, small: memo, 4 points" in done.stdout
    page = (root / "course/scorecards/small/kim.html").read_text(encoding="utf-8")
    assert "6 of 6" in page
