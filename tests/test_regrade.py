"""A cohort graded by nbgrader and again by papermill on Ray: the same scores, cell by cell."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from nbgrader.api import Gradebook

from autograde import results, runs

ROOT = Path(__file__).parent.parent

LAB_YAML = """
title: {ko: 작은 실습, en: A small lab}
summary: {ko: 시험, en: For a test}
level: junior
minutes: 5
libraries: []
tasks:
  - {id: double, points: 6, minutes: 1}
  - {id: memo, points: 4, minutes: 1}
limits: {seconds: 60, cell_seconds: 10}
"""
LAB_PY = """
# %% [markdown]
# # A small lab
# %% locked=true parameters=true
device = "auto"
# %% locked=true side="candidate"
import os
print(f"the candidate: {device} {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")
# %% locked=true side="grader"
import os
print(f"the grader: {device} {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")
# %% task="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
# %% check="double"
assert double(1) == 2
### BEGIN HIDDEN TESTS
from hidden import graded
graded(double)
### END HIDDEN TESTS
# %% [markdown] task="memo"
# Full marks: says why.
"""
HIDDEN = """
from autograde.checks import seeds

def graded(double):
    return 3.0 if double(seeds(1)[0]) != 2 * seeds(1)[0] else 6.0
"""
ANSWERS = {
    "right": ("right", "return x + x", "[]"),
    "typed": ("wrong", "return 2", "[double]"),
    # Slowly, so that a regrade can be caught before it has ended.
    "crash": ("wrong", "import time; time.sleep(2); raise ValueError(x)", "[double]"),
}


def run(repository, *command):
    """Run a command of ours in the repository and return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=repository,
        # As on a machine without a GPU, whether or not it has one.
        env={**os.environ, "PATH": path, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=500,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with one small lab, built, and its sample cohort handed in."""
    folder = tmp_path_factory.mktemp("repository")
    lab = folder / "solutions" / "small"
    (lab / "answers").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (lab / "lab.yaml").write_text(LAB_YAML)
    (lab / "lab.py").write_text(LAB_PY)
    (lab / "hidden.py").write_text(HIDDEN)
    for name, (kind, body, loses) in ANSWERS.items():
        lost = f"# loses: {loses}\n" if kind == "wrong" else ""
        head = f"# kind: {kind}\n# about: a trial\n{lost}\n"
        cell = f'# %% task="double"\ndef double(x):\n    {body}\n'
        (lab / "answers" / f"{name}.py").write_text(head + cell)
    for command in (["build"], ["sample"]):
        code, said = run(folder, "autograde", *command)
        assert code == 0, said
    (folder / "course/submitted/torn/small").mkdir(parents=True)
    (folder / "course/submitted/torn/small/small.ipynb").write_text('{"cells": [')
    return folder


def scores(repository):
    """Automatic score and whether a person must look, for every cell of every candidate."""
    with Gradebook(f"sqlite:///{repository}/course/gradebook.db") as gradebook:
        return {
            (submission.student_id, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for submission in gradebook.assignment_submissions("small")
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def newest_run(repository):
    """The run that was begun last."""
    return runs.newest_first(repository / "course")[0]


@pytest.mark.slow
def test_regrade_equals_nbgrader_autograde(repository):
    """Scores in the gradebook, verdicts and reasons agree between the two front ends."""
    code, said = run(repository, "nbgrader", "autograde", "small")
    assert code == 0, said
    first, graded = scores(repository), results.load(repository / "course", "small")

    code, said = run(repository, "autograde", "regrade", "--workers", "2")
    assert code == 0, said
    assert scores(repository) == first  # nothing is written there without being asked for
    assert results.load(repository / "course", "small") == graded
    code, said = run(repository, "autograde", "regrade", "--fresh", "--commit", "--workers", "2")
    assert code == 0, said
    second, regraded = scores(repository), results.load(repository / "course", "small")

    assert first == second
    assert first["sample-right", "check_double"] == (6.0, False)
    # The reference's text, handed in by the sample, waits for a reader; the blank one does not.
    assert first["sample-right", "memo"] == (None, True)
    assert first["sample-blank", "memo"] == (0.0, False)
    assert first["torn", "check_double"] == (0.0, False)
    assert len(graded) == len(regraded) == 5
    for a, b in zip(graded, regraded, strict=True):
        assert (a.status, a.note, a.hashes, a.readings) == (b.status, b.note, b.hashes, b.readings)
        for v, w in zip(a.verdicts, b.verdicts, strict=True):
            unlike = {"wall", "cpu", "detail"}
            assert v.model_dump(exclude=unlike) == w.model_dump(exclude=unlike)

    newest = newest_run(repository)
    assert list(newest.results()) == regraded
    assert newest.manifest.labs.keys() == {"small"}
    executed = (newest.folder / "sample-typed/small/small.ipynb").read_text()
    assert "3 of 6 points" in executed or "Wrong" in executed
    assert "BEGIN HIDDEN" not in executed

    code, said = run(repository, "autograde", "report")
    assert code == 0, said
    assert (repository / "course/scorecards/small/index.html").exists()

    # One candidate alone; then somebody who has handed in nothing.
    code, said = run(
        repository, "autograde", "regrade", "--commit", "--candidate=sample-typed", "--workers=1"
    )
    assert (code, scores(repository)) == (0, first), said
    assert f"(as in {newest.name})" in said
    code, said = run(repository, "autograde", "regrade", "--candidate", "nobody")
    assert code == 2
    assert "nobody" in said


def verdicts(run):
    """What counts of each result of a run."""
    unlike = {"wall", "cpu", "detail", "started"}
    return {
        result.candidate: (
            result.model_dump(exclude={"verdicts", *unlike}),
            [verdict.model_dump(exclude=unlike) for verdict in result.verdicts],
        )
        for result in run.results()
    }


@contextlib.contextmanager
def begun(repository, *options):
    """A regrade that is under way, once its first result is there; and its run."""
    known = {run.name for run in runs.newest_first(repository / "course")}
    command = [Path(sys.executable).parent / "autograde", "regrade", "--workers=1", *options]
    with subprocess.Popen(
        command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said = next((line for line in process.stdout if line.startswith("1/")), None)
            assert said, "the regrade ended without a result"
            (run,) = (r for r in runs.newest_first(repository / "course") if r.name not in known)
            yield process, run
        finally:
            process.kill()


def grader(process):
    """The one process that grades for a regrade with one worker."""
    family = psutil.Process(process.pid).children(recursive=True)
    lines = {child: child.as_dict(["cmdline"], ad_value=())["cmdline"] for child in family}
    (found,) = (child for child, line in lines.items() if "ray::Grader" in " ".join(line))
    return found


@pytest.mark.slow
def test_a_killed_regrade_goes_on(repository):
    """After a SIGKILL nothing runs on; --resume grades the rest once, with the same results."""
    code, said = run(repository, "autograde", "regrade", "--fresh")
    assert code == 0, said
    undisturbed = verdicts(newest_run(repository))
    # At the beginning: some deaths leave nobody to say it at the end.
    assert f"--resume {newest_run(repository).name}" in said.partition("1/5")[0]
    with begun(repository, "--fresh") as (process, stopped):
        # Ray's own agents take more than a minute to see that everybody has gone.
        family = [grader(process), *grader(process).children(recursive=True)]
        process.kill()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive, alive
    done = {job.candidate for job in stopped.manifest.jobs if stopped.done(job)}
    assert 1 <= len(done) < 5
    written = {path: path.stat().st_mtime_ns for path in stopped.folder.rglob("result.json")}

    code, said = run(repository, "autograde", "regrade", "--resume", stopped.name)
    assert code == 0, said
    assert "(as in" not in said
    assert not any(f"small {candidate}:" in said for candidate in done)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert verdicts(stopped) == undisturbed
    code, said = run(repository, "autograde", "regrade", "--resume", stopped.name, "--fresh")
    assert code == 2
    assert "leave out" in said


@pytest.mark.slow
def test_a_killed_worker_costs_nothing(repository):
    """The submission that it had is graded by another one; nothing is lost or graded twice."""
    with begun(repository, "--fresh") as (process, disturbed):
        grader(process).kill()
        said = process.communicate(timeout=300)[0]
    assert process.returncode == 0, said
    ended = [line.split()[0] for line in said.splitlines() if " small " in line]
    assert ended == ["2/5", "3/5", "4/5", "5/5"]
    code, said = run(repository, "autograde", "regrade", "--fresh")
    assert code == 0, said
    code, said = run(repository, "autograde", "diff", disturbed.name, newest_run(repository).name)
    assert (code, said) == (0, "5 the same, 0 different\n")


@pytest.mark.slow
def test_a_dead_machine_ends_the_run_which_goes_on(repository):
    """Nobody's submission is blamed for it: --resume grades what is left, the one under way too."""
    with begun(repository, "--fresh") as (process, stopped):
        grader(process).parent().kill()
        said = process.communicate(timeout=300)[0]
    assert process.returncode == 1, said
    done = sum(map(stopped.done, stopped.manifest.jobs))
    assert 1 <= done < 5
    code, said = run(repository, "autograde", "regrade", "--resume", stopped.name)
    assert code == 0, said
    code, said = run(repository, "autograde", "regrade", "--fresh")
    assert code == 0, said
    code, said = run(repository, "autograde", "diff", stopped.name, newest_run(repository).name)
    assert (code, said) == (0, "5 the same, 0 different\n")


@pytest.mark.slow
def test_a_check_that_depends_on_chance_is_found(repository, tmp_path):
    """Two full runs of the same submissions differ, and the diff fails and says for whom."""
    copy = shutil.copytree(repository, tmp_path / "repository")
    shutil.rmtree(copy / "course/runs")
    chance = HIDDEN.replace("else 6.0", "else int(__import__('time').time() * 1000) % 600 / 100")
    (copy / "solutions/small/hidden.py").write_text(chance)
    for _ in range(2):
        options = ("--candidate=sample-right", "--fresh")
        code, said = run(copy, "autograde", "regrade", *options)
        assert code == 0, said
    new, old = runs.newest_first(copy / "course")
    code, said = run(copy, "autograde", "diff", old.name, new.name)
    assert code == 1
    assert "sample-right small: " in said
    assert "(nondeterministic)" in said


@pytest.mark.slow
def test_a_faulty_check_fails_the_regrade_and_leaves_no_old_score(repository):
    """After a check breaks, its points are open, the command fails and names the check."""
    hidden = repository / "solutions/small/hidden.py"
    good = hidden.read_text()
    try:
        hidden.write_text(
            HIDDEN.replace("return 3.0", "return 300.0").replace("else 6.0", "else 600.0")
        )
        code, said = run(repository, "autograde", "regrade", "--commit", "--candidate=sample-right")
    finally:
        hidden.write_text(good)
    assert code == 1
    assert "check_double" in said
    assert scores(repository)["sample-right", "check_double"] == (None, True)


CLUSTER = """
import sys
from ray.cluster_utils import Cluster

cluster = Cluster(True, head_node_args={"num_cpus": 1, "num_gpus": 1})
cluster.add_node(num_cpus=1)
print("\\naddress", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


@pytest.fixture
def cluster(monkeypatch):
    """Address of a running Ray cluster of two machines, of which one believes in a GPU."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # In a process of its own: Ray reads these when it is imported, and here it may be already.
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield next(line.split()[1] for line in process.stdout if line.startswith("address "))
        process.stdin.close()


@pytest.mark.slow
def test_a_dead_machine_of_several_costs_nothing(repository, cluster):
    """The others do its work."""
    raylets = [one for one in psutil.Process().children(True) if one.name() == "raylet"]
    with begun(repository, "--fresh", "--address", cluster) as (process, disturbed):
        max(raylets, key=psutil.Process.create_time).kill()
        said = process.communicate(timeout=300)[0]
    assert process.returncode == 0, said
    code, said = run(repository, "autograde", "regrade", "--fresh")
    assert code == 0, said
    code, said = run(repository, "autograde", "diff", disturbed.name, newest_run(repository).name)
    assert (code, said) == (0, "5 the same, 0 different\n")


def regraded(repository, *options):
    """Regrade one right submission; its cells as formgrader reads them: tags, source, output."""
    command = ("regrade", "--fresh", "--commit", "--candidate=sample-right", *options)
    code, said = run(repository, "autograde", *command)
    assert code == 0, said
    notebook = json.loads(
        (repository / "course/autograded/sample-right/small/small.ipynb").read_text()
    )
    return [
        (
            cell["metadata"].get("tags"),
            "".join(cell["source"]),
            "".join(text for output in cell["outputs"] for text in output.get("text", [])),
        )
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


@pytest.mark.slow
def test_a_device_reaches_both_sides_and_changes_no_score(repository):
    """What --device says follows the lab's own value, for candidate and grader, in every page."""
    plain = regraded(repository)
    before = scores(repository)
    with_device = regraded(repository, "--device", "cpu")
    assert scores(repository) == before
    assert before["sample-right", "check_double"] == (6.0, False)
    assert [cell[0] for cell in with_device[:3]] == [["parameters"], ["injected-parameters"], []]
    assert 'device = "cpu"' in with_device[1][1]
    assert [cell[1] for cell in with_device if cell != with_device[1]] == [
        cell[1] for cell in plain
    ]
    assert [cell[2] for cell in with_device[2:4]] == [
        "the candidate: cpu ''\n",
        "the grader: cpu ''\n",
    ]
    code, said = run(repository, "nbgrader", "generate_feedback", "small", "--student=sample-right")
    assert code == 0, said
    page = (repository / "course/feedback/sample-right/small/small.html").read_text()
    assert "Passed: 6 of 6 points" in page


@pytest.mark.slow
def test_without_a_gpu_nothing_is_graded_on_one(repository):
    """--device cuda where Ray finds no GPU is one sentence, and every old score stands."""
    regraded(repository)
    before = scores(repository)
    code, said = run(repository, "autograde", "regrade", "--device", "cuda")
    assert code == 2
    assert "small must be graded on a GPU, and Ray has none" in " ".join(said.split())
    assert "Traceback" not in said
    assert scores(repository) == before


@pytest.mark.slow
def test_a_gpu_is_asked_for_and_its_number_is_told(repository, cluster):
    """On a cluster, a grading on a GPU learns from Ray which one, inside of the sandbox too."""
    printed = {cell[2] for cell in regraded(repository, "--device", "cuda", "--address", cluster)}
    assert {"the candidate: cuda '0'\n", "the grader: cuda '0'\n"} < printed
    printed = {cell[2] for cell in regraded(repository, "--address", cluster)}
    assert {"the candidate: auto None\n", "the grader: auto None\n"} < printed


@pytest.mark.slow
def test_a_lab_without_a_device_is_graded_as_it_is(repository, tmp_path):
    """--device is not for labs that have none: no GPU is asked for and no cell is added."""
    copy = shutil.copytree(repository, tmp_path / "repository")
    (copy / "solutions/small/lab.py").write_text(LAB_PY.replace("device", "size"))
    for command in (["build"], ["sample"]):
        code, said = run(copy, "autograde", *command)
        assert code == 0, said
    cells = regraded(copy, "--device", "cuda")
    assert [cell[0] for cell in cells[:2]] == [["parameters"], []]
    assert cells[1][2] == "the candidate: auto ''\n"


@pytest.mark.slow
def test_commands_name_what_does_not_exist(repository):
    """A lab that is not there: one line, exit code 2, and the labs; a cluster: how to go on."""
    for command in ("build", "audit", "sample"):
        code, said = run(repository, "autograde", command, "senior-nothing")
        assert code == 2
        assert "senior-nothing" in said
        assert "small" in said
        assert "Traceback" not in said
    # Fresh, since a cohort all of whose results can be taken over needs no Ray.
    code, said = run(repository, "autograde", "regrade", "--fresh", "--address", "nowhere")
    assert code == 1
    assert "Ray cannot be reached at nowhere" in said
    assert f"--resume {newest_run(repository).name}" in said
    assert "Traceback" not in said
