"""What ``autograde diff`` says of two runs, and what of it fails the command."""

import json
from pathlib import Path

import pytest

from autograde import cli, diff, runs
from autograde.errors import UsageError
from autograde.verdict import Hashes, Result, Status, Verdict

HASHES = {kind: kind[0] * 64 for kind in ("submission", "tests", "data", "environment")}


def verdict(status="passed", score=6.0, cell="check_double"):
    """A verdict on the one task."""
    return Verdict(cell=cell, task="double", points=6, score=score, status=Status(status))


def result(*verdicts, candidate="ada", **hashes):
    """A result with these verdicts, by default one that passed."""
    return Result(
        lab="small",
        candidate=candidate,
        status="graded",
        verdicts=verdicts or (verdict(),),
        started="2026-01-01T00:00:00+00:00",
        wall=1.0,
        cpu=1.0,
        hashes=Hashes(**{**HASHES, **hashes}),
        sandbox="bubblewrap",
    )


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a run of given results in a repository that is the working folder."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)

    def made(name, *found, jobs=None, code="c" * 64, device=None):
        jobs = jobs or [runs.Job(lab=r.lab, candidate=r.candidate) for r in found]
        manifest = runs.Manifest(
            started="2026-01-01T00:00:00+00:00",
            by="grader@here",
            code=code,
            environment=HASHES["environment"],
            labs={"small": runs.Tests(tests=HASHES["tests"], data="d" * 64)},
            parameters=runs.Parameters(device=device),
            jobs=tuple(jobs),
        )
        run = runs.Run(tmp_path / "course/runs" / name, manifest)
        run.folder.mkdir(parents=True)
        (run.folder / "manifest.json").write_text(manifest.model_dump_json())
        for one in found:
            run.save(runs.Job(lab=one.lab, candidate=one.candidate), one, "{}")
        return run

    return made


def test_equal_runs_have_no_difference(make):
    """Seconds and reasons may differ; points and verdicts are what counts."""
    slower = verdict().model_copy(update={"wall": 9.0, "reason": "1.3 times as long as ours"})
    other = result(slower).model_copy(update={"wall": 9.0})
    found = diff.compare(make("a", result()), make("b", other))
    assert (found.same, found.differences, found.unexplained) == (1, (), ())
    assert found.summary == "1 the same, 0 different"


@pytest.mark.parametrize(
    ("hashes", "options", "cause"),
    [
        ({"submission": "x" * 64}, {}, "submission changed"),
        ({"tests": "x" * 64}, {}, "tests changed"),
        ({"environment": "x" * 64}, {}, "packages changed"),
        ({"environment": "x" * 64}, {"code": "x" * 64}, "autograde changed"),
        ({}, {"device": "cuda"}, "device changed"),
        ({}, {}, "nondeterministic"),
    ],
)
def test_a_difference_has_its_cause(make, hashes, options, cause):
    """Each input that can change is named; without any, nobody knows why, and that fails."""
    old = make("a", result())
    new = make("b", result(verdict("wrong", 0.0), **hashes), **options)
    found = diff.compare(old, new)
    (one,) = found.differences
    assert one.causes == (cause,)
    assert (one.before, one.after, one.points) == (6, 0, -6)
    (change,) = one.changes
    assert (change.before, change.after) == ("passed, 6 of 6", "wrong, 0 of 6")
    assert change.points == -6
    assert bool(found.unexplained) == (cause == "nondeterministic")


def test_an_undecided_check_is_no_loss(make):
    """A grader error has no points to compare, and fails the command whatever else changed."""
    new = make("b", result(verdict("grader error", None), tests="x" * 64))
    found = diff.compare(make("a", result()), new)
    (one,) = found.unexplained
    assert one.causes == ("tests changed", "grader error")
    assert one.changes[0].points is None
    assert one.changes[0].after == "grader error, ? of 6"


def test_a_check_that_is_new_or_gone_is_a_change(make):
    """Tests that have other cells are compared cell by cell."""
    new = make("b", result(verdict(cell="check_twice"), tests="x" * 64))
    (one,) = diff.compare(make("a", result()), new).differences
    assert [(c.cell, c.before, c.after, c.points) for c in one.changes] == [
        ("check_double", "passed, 6 of 6", None, -6),
        ("check_twice", None, "passed, 6 of 6", 6),
    ]


def test_what_cannot_be_compared_is_listed(make):
    """Submissions of one run alone, and those without a result, are not silently left out."""
    bob = runs.Job(lab="small", candidate="bob")
    ada = runs.Job(lab="small", candidate="ada")
    old = make("a", result(), result(candidate="eve"), jobs=[ada, bob])
    new = make("b", result(), result(candidate="bob"), result(candidate="joe"))
    found = diff.compare(old, new)
    assert [job.candidate for job in found.only_new] == ["joe"]
    assert [job.candidate for job in found.ungraded] == ["bob"]
    assert "1 only in b" in found.summary
    assert "1 without a result" in found.summary


def test_the_command_prints_and_fails(make, capsys, tmp_path):
    """Text, JSON and page say the same; an unexplained difference is exit code 1."""
    make("a", result(), result(candidate="<b>eve</b>"))
    make("b", result(), result(verdict("wrong", 0.0), candidate="<b>eve</b>"))

    def called(*arguments):
        code = cli.app(["diff", *arguments], standalone_mode=False)
        return code, capsys.readouterr().out

    code, said = called("a", "a")
    assert (code or 0, said) == (0, "2 the same, 0 different\n")
    code, said = called("a", "b", "--html", "diff.html")
    assert code == 1
    assert "<b>eve</b> small: 6 -> 0 of 6 (-6) (nondeterministic)" in said
    assert "check_double: passed, 6 of 6 -> wrong, 0 of 6" in said
    code, said = called("a", "b", "--json")
    assert code == 1
    assert diff.Diff.model_validate(json.loads(said)).differences[0].points == -6
    page = (tmp_path / "diff.html").read_text()
    assert "&lt;b&gt;eve&lt;/b&gt;" in page
    assert "<b>eve" not in page
    assert "1 of them for no reason that is known" in page


def test_a_run_that_is_not_there_is_named(make):
    """The newest runs are offered."""
    make("a", result())
    with pytest.raises(UsageError, match=r"no run called 'nothing' .* newest are: a"):
        runs.load(Path("course"), "nothing")
