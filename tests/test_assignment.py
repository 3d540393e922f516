"""What a candidate gets: their own data, how to begin and hand in, and nothing that is secret."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograde import assignment, catalog, collect
from autograde.errors import LabError, UsageError


def content(bundle):
    """The files of a bundle by name, without the folder around them."""
    with zipfile.ZipFile(bundle) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def test_a_bundle_has_all_and_nothing_secret(root):
    """Notebook, data, packages, instruction: and no line of a solution or of a hidden test."""
    made, bundle = assignment.assign("kim", ["small"], root)
    files = content(bundle)
    assert set(files) == {
        *("README.md", "requirements.txt", "environment.yml", "submit.py", "start.py"),
        *("settings/overrides.json", "settings/page_config.json"),
        *("small/small.ipynb", "small/data/numbers.csv", "small/assignment.json"),
    }
    everything = b"\n".join(files.values())
    for secret in (b"quagga", b"return 2 * x", b"graded(", b"autograde/", b"solutions"):
        assert secret not in everything, secret
    assert b"NotImplementedError" in files["small/small.ipynb"]
    assert "scikit-learn==" in files["requirements.txt"].decode()
    readme = files["README.md"].decode()
    assert "| [small](small/small.ipynb) | 작은 실습 · A small lab | junior | 5 | 10 |" in readme
    assert "Hand in before" not in readme
    assert json.loads(files["small/assignment.json"])["id"] == made.id


def test_each_candidate_has_data_of_their_own(root):
    """A variant is drawn, or that of the seed; grading gets the same one."""
    released = catalog.release("small", root)
    given = {}
    for candidate, seed in (("kim", None), ("lee", None), ("park", 7), ("choi", 0)):
        _, bundle = assignment.assign(candidate, ["small"], root, seed=seed)
        given[candidate] = content(bundle)["small/data/numbers.csv"]
        own = assignment.own(released, root / "course", candidate)
        assert own.public == {"data/numbers.csv": given[candidate]}
        assert own.tests_hash == released.tests_hash
    assert len(set(given.values())) == 4
    assert given["park"] == b"7 8\n"
    assert given["choi"] == b"0 1\n"
    assert assignment.own(released, root / "course", "nobody") is released


def test_data_that_are_gone_are_no_reason_to_grade_with_others(root):
    """Where a candidate's data differ from what was given, that is said."""
    assignment.assign("park", ["small"], root, seed=7)
    (root / "course/variants/small/7/data/numbers.csv").write_text("1\n")
    with pytest.raises(LabError, match="variant 7, which park was given, are no longer the same"):
        assignment.own(catalog.release("small", root), root / "course", "park")


def test_the_time_is_in_the_instruction(root):
    """With minutes, the instruction says until when."""
    made, bundle = assignment.assign("kim", ["small"], root, minutes=90)
    due = datetime.fromisoformat(made.due)
    korea = due + timedelta(hours=9)
    said = f"Hand in before: {korea:%Y-%m-%d %H:%M} KST ({due:%Y-%m-%d %H:%M} UTC)."
    assert said in content(bundle)["README.md"].decode()


@pytest.mark.parametrize("name", ["", "../kim", "a/b", ".hidden", "kim\n", "x" * 300])
def test_a_name_that_leads_elsewhere_is_refused(root, name):
    """A candidate's name becomes a folder's."""
    with pytest.raises(UsageError, match="cannot be a candidate's name"):
        assignment.assign(name, ["small"], root)


def test_handing_in_makes_one_file_and_a_receipt(root, tmp_path):
    """The candidate's own program packs what they wrote and says what is attempted."""
    made, bundle = assignment.assign("kim", ["small"], root)
    place = tmp_path / "home"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(place)
    folder = place / "kim"
    notebook = (folder / "small/small.ipynb").read_text(encoding="utf-8")
    written = notebook.replace("raise NotImplementedError", "return x + x  #")
    (folder / "small/small.ipynb").write_text(written, encoding="utf-8")
    (folder / "small/helper.py").write_text("y = 1\n")
    run = subprocess.run(
        [sys.executable, "-I", "submit.py"], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    (packed,) = folder.glob("submission-kim-*.zip")
    with zipfile.ZipFile(io.BytesIO(packed.read_bytes())) as archive:
        assert set(archive.namelist()) == {
            "small/assignment.json",
            "small/small.ipynb",
            "small/helper.py",
        }
    (receipt,) = folder.glob("receipt-*.txt")
    text = receipt.read_text(encoding="utf-8")
    assert made.id in text
    assert "1 of 2 answers changed: double" in text
    assert packed.name in run.stdout
    (taken,) = collect.collect([packed], root)
    assert f"sha256:     {taken.attempt.sha256}" in text


def test_submit_in_nbgraders_list_gives_a_receipt_too(root, tmp_path):
    """Through an exchange: every attempt is there, and collected it has the receipt's hash."""
    exchange = tmp_path / "exchange"
    _, bundle = assignment.assign("kim", ["small"], root, exchange=exchange)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "home")
    folder = tmp_path / "home" / "kim"
    program = Path(sys.executable).parent / "nbgrader"
    notebook = (folder / "small/small.ipynb").read_text(encoding="utf-8")
    for answer in ("return x", "return x + x"):
        written = notebook.replace("raise NotImplementedError", f"{answer}  #")
        (folder / "small/small.ipynb").write_text(written, encoding="utf-8")
        run = subprocess.run(
            [program, "submit", "small"], cwd=folder, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
    first, second = sorted(folder.glob("receipt-*.txt"))
    inbound = sorted((exchange / "interview/inbound").iterdir())
    taken = collect.collect(inbound, root)
    for one, receipt in zip(taken, (first, second), strict=True):
        assert one.attempt.candidate == "kim"
        text = receipt.read_text(encoding="utf-8")
        assert f"sha256:     {one.attempt.sha256}" in text
        assert "1 of 2 answers changed: double" in text
    graded = (root / "course/submitted/kim/small/small.ipynb").read_text(encoding="utf-8")
    assert "return x + x" in graded


def _submit(folder):
    run = subprocess.run(
        [sys.executable, "-I", folder / "submit.py"], capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def test_what_looks_wrong_is_said_before_it_is_sent(root, tmp_path):
    """A notebook that is renamed, copied, torn or as it was: the file is made, with a word."""
    _, bundle = assignment.assign("kim", ["small"], root)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "kim"
    notebook = folder / "small/small.ipynb"
    text = notebook.read_text(encoding="utf-8")
    code, said = _submit(folder)
    assert code == 1
    assert "no answer is written in small.ipynb" in said
    solved = text.replace("raise NotImplementedError", "return x + x  #")
    (folder / "small/small-Copy1.ipynb").write_text(solved, encoding="utf-8")
    code, said = _submit(folder)
    assert "small-Copy1.ipynb is beside small.ipynb, which alone is graded" in said
    notebook.unlink()
    code, said = _submit(folder)
    assert code == 1
    assert "small/small.ipynb is not there; small-Copy1.ipynb is there: give it that name" in said
    notebook.write_text(solved[:-100], encoding="utf-8")
    code, said = _submit(folder)
    assert code == 1
    assert "small.ipynb cannot be read" in said
    (folder / "small/small-Copy1.ipynb").unlink()
    notebook.write_text(solved, encoding="utf-8")
    code, said = _submit(folder)
    assert code == 0, said
    shutil.copytree(folder / "small", folder / "a copy")
    notebook.write_text(solved.replace("return x + x", "return 2 * x"), encoding="utf-8")
    code, said = _submit(folder)
    assert "a copy is a copy of small, and is not sent" in said
    newest = max(folder.glob("submission-*.zip"))
    with zipfile.ZipFile(newest) as archive:
        assert b"return 2 * x" in archive.read("small/small.ipynb")
    shutil.rmtree(folder / "a copy")
    assert len(list(folder.glob("submission-*.zip"))) == 6
    assert len(list(folder.glob("receipt-*.txt"))) == 6
    (folder / "small/assignment.json").unlink()
    code, said = _submit(folder)
    assert code == 1
    assert "assignment.json" in said
