"""A run's folder, what may be taken over from it, and its way into a gradebook: all or nothing."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, MissingEntry

from autograde import catalog, gradebook, intake, results, runs
from autograde.errors import UsageError
from autograde.verdict import Hashes, Result, Status, Verdict

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
NAMES = ("ada", "bob", "eve")
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture
def course(tmp_path):
    """A course in which three people have handed in the notebook of one small lab."""
    for name in NAMES:
        folder = tmp_path / "course/submitted" / name / "small"
        folder.mkdir(parents=True)
        (folder / "small.ipynb").write_bytes(NOTEBOOK)
    return tmp_path / "course"


@pytest.fixture
def release():
    """The lab."""
    about = {"grade_id": "check_double", "points": 6, "grade": True, "solution": False}
    cell = {"cell_type": "code", "metadata": {"nbgrader": about}}
    return catalog.release_from_notebook("small", json.dumps({"cells": [cell]}).encode())


def begun(course, release, **parameters):
    """A new run of everybody's."""
    jobs = [runs.Job(lab="small", candidate=name) for name in NAMES]
    return runs.begin(course, jobs, {"small": release}, runs.Parameters(**parameters))


def ended(run, course, score=6.0, status="graded"):
    """The run with a result for everybody."""
    for job in run.manifest.jobs:
        verdict = Verdict(
            cell="check_double", task="double", points=6, score=score, status=Status.PASSED
        )
        hashes = Hashes(
            submission=intake.read(runs.submitted(course, job), "small").digest,
            tests=run.manifest.labs["small"].tests,
            data=run.manifest.labs["small"].data,
            environment=run.manifest.environment,
        )
        result = Result(
            lab="small",
            candidate=job.candidate,
            status=status,
            verdicts=(verdict,),
            started=run.manifest.started,
            wall=1,
            cpu=1,
            hashes=hashes,
            sandbox="bubblewrap",
        )
        run.save(job, result, '{"executed": true}')
    return run


def with_lab(url):
    """A gradebook that knows the lab, as after ``autograde build``."""
    with Gradebook(url) as book:
        book.add_assignment("small")
        book.add_notebook("small", "small")
        book.add_grade_cell("check_double", "small", "small", max_score=6, cell_type="code")
        book.add_solution_cell("double", "small", "small")
    return url


def scores(url):
    """Automatic score by candidate; those who are not there are left out."""
    found = {}
    with Gradebook(url) as book:
        for name in NAMES:
            try:
                found[name] = book.find_grade("check_double", "small", "small", name).auto_score
            except MissingEntry:
                continue
    return found


def test_a_run_says_what_it_is_and_what_is_done(course, release):
    """The manifest is read back as it was; a submission with a result is done, others are not."""
    run = begun(course, release, device="cpu")
    again = runs.load(course, run.name)
    assert again == run
    assert again.manifest.labs["small"].tests == release.tests_hash
    assert again.manifest.parameters.device == "cpu"
    assert not any(map(run.done, run.manifest.jobs))
    ended(run, course)
    assert all(map(again.done, run.manifest.jobs))
    assert [result.candidate for result in again.results()] == list(NAMES)
    assert not [path for path in run.folder.rglob(".*") if path.is_file()]


def test_one_process_at_a_time_works_on_a_run(course, release):
    """A second one is told so; when the first has gone the run is free."""
    run = begun(course, release)
    with run.held(), pytest.raises(UsageError, match="another process is at work"), run.held():
        pass
    with run.held():
        pass


def test_equal_inputs_are_not_graded_again(course, release):
    """The newest earlier result is taken over, with where it came from, also by a third run."""
    first = ended(begun(course, release), course)
    job = first.manifest.jobs[0]
    digest = first.result(job).hashes.submission

    def found(run, digest=digest, data=release.data_hash):
        return runs.earlier(runs.newest_first(course), run, job, digest, data)

    second = begun(course, release)
    result, notebook = found(second)
    assert (result.origin, notebook) == (first.name, '{"executed": true}')
    second.save(job, result, notebook)
    assert found(begun(course, release))[0].origin == first.name
    assert found(second, "another") is None
    assert found(second, data="another") is None
    assert found(begun(course, release, device="cpu")) is None
    assert found(begun(course, release, sandboxed=False)) is None


def test_other_tests_and_faults_of_ours_are_graded_again(course, release):
    """Neither a result of other tests nor a grader error is ever taken over."""
    first = ended(begun(course, release), course, status="grader error")
    job = first.manifest.jobs[0]
    digest = first.result(job).hashes.submission
    same = digest, release.data_hash
    assert runs.earlier([first], begun(course, release), job, *same) is None
    ended(first, course)
    assert runs.earlier([first], begun(course, release), job, *same)
    changed = catalog.release_from_notebook("small", release.source + b" ")
    assert runs.earlier([first], begun(course, changed), job, *same) is None


def test_a_run_does_not_go_on_with_other_tests(course, release):
    """Half of its results would be of other tests; it says what has changed."""
    run = begun(course, release)
    runs.require_unchanged(run, {"small": release})
    changed = catalog.release_from_notebook("small", release.source + b" ")
    with pytest.raises(UsageError, match="the tests of small changed"):
        runs.require_unchanged(run, {"small": changed})
    other = run.manifest.model_copy(update={"environment": "other"})
    with pytest.raises(UsageError, match="the installed packages changed"):
        runs.require_unchanged(runs.Run(run.folder, other), {"small": release})


def test_a_run_is_committed_whole(course, release):
    """Scores, standing results and formgrader's pages are the run's."""
    url = with_lab(gradebook.url(course))
    run = ended(begun(course, release), course, score=4.0)
    runs.commit(course, run)
    assert scores(url) == dict.fromkeys(NAMES, 4.0)
    assert [r.candidate for r in results.load(course, "small")] == list(NAMES)
    page = course / "autograded/ada/small/small.ipynb"
    assert page.read_text() == '{"executed": true}'


def test_a_run_that_does_not_fit_changes_nothing_in_the_gradebook(course, release):
    """An error at the last candidate takes back the first; the standing results are gone, too."""
    url = with_lab(gradebook.url(course))
    runs.commit(course, ended(begun(course, release), course, score=4.0))
    run = ended(begun(course, release), course, score=5.0)
    last = run.manifest.jobs[-1]
    wrong = run.result(last)
    verdict = wrong.verdicts[0].model_copy(update={"cell": "check_of_another_lab"})
    run.save(last, wrong.model_copy(update={"verdicts": (verdict,)}), "{}")
    with pytest.raises(MissingEntry, match="check_of_another_lab"):
        runs.commit(course, run)
    assert scores(url) == dict.fromkeys(NAMES, 4.0)
    assert results.load(course, "small") == []


def test_an_unfinished_run_is_not_committed(course, release):
    """It says how to go on."""
    url = with_lab(gradebook.url(course))
    run = begun(course, release)
    with pytest.raises(UsageError, match=f"3 of 3 .* --resume {run.name}"):
        runs.commit(course, run)
    assert scores(url) == {}


def test_work_handed_in_after_a_run_is_not_given_its_score(course, release):
    """The commit names the candidate and changes nothing."""
    url = with_lab(gradebook.url(course))
    run = ended(begun(course, release), course)
    (course / "submitted/bob/small/more.py").write_text("more = True")
    with pytest.raises(UsageError, match=r"bob \(small\)"):
        runs.commit(course, run)
    assert scores(url) == {}


@pytest.fixture
def postgres(monkeypatch):
    """URL of a database on a PostgreSQL server of Debian's package, started for the test."""
    if not BINARIES:
        # A server is not to be had from PyPI, and everything else is tested on SQLite, too.
        pytest.skip("PostgreSQL is not installed: CONTRIBUTING.md says how")
    # Not one of pytest's folders, which are their owner's alone: the server refuses to be root,
    # and Debian's package has made an account for it.
    own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    own = own if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        if own:
            shutil.chown(folder, "postgres")

        def call(program, *arguments):
            line = [*own, BINARIES[-1] / program, *arguments]
            done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr

        data = ("--pgdata", f"{folder}/data")
        call("initdb", *data, "--auth=trust", "--username=grader", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", *data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        url = f"postgresql+psycopg://grader@/postgres?host={folder}"
        monkeypatch.setenv(gradebook.VARIABLE, url)
        yield url
        call("pg_ctl", *data, "-w", "-m", "immediate", "stop")


@pytest.mark.slow
def test_a_gradebook_may_be_on_a_server(course, release, postgres):
    """The same on PostgreSQL: a run is committed whole, and one that does not fit not at all."""
    test_a_run_that_does_not_fit_changes_nothing_in_the_gradebook(course, release)
    assert gradebook.url(course) == postgres
    assert not (course / "gradebook.db").exists()
