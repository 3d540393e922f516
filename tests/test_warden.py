"""Confinement: what each limit does to a verdict, and that nothing is left when a kernel goes."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from autograde import workspace
from autograde.forks import templates
from autograde.testing import check, free, grade, hand_in, lab, task
from autograde.verdict import Status

TRIPLE = "def triple(x):\n    return 3 * x"
LIMITS = {
    "memory of one process": (
        {"memory_mb": 300},
        "import numpy as np\ndef double(x):\n    return np.ones(60_000_000)",
        Status.OUT_OF_MEMORY,
        "ran out of memory",
    ),
    "memory of several": (
        {"memory_mb": 300},
        """
import os, time
def double(x):
    for _ in range(4):
        if os.fork() == 0:
            kept = b"1" * 150_000_000
            time.sleep(20)
            os._exit(0)
    time.sleep(20)
""",
        Status.OUT_OF_MEMORY,
        "more than 300 MiB of memory",
    ),
    "seconds": (
        {"cell_seconds": 1},
        "import time\ndef double(x):\n    time.sleep(60)",
        Status.TIMED_OUT,
        "did not finish within the check's time limit",
    ),
    "processes": (
        {"processes": 30},
        """
import os, time
def double(x):
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
""",
        Status.CRASHED,
        "limit of processes and threads",
    ),
    "threads": (
        {"processes": 30},
        """
import threading, time
def double(x):
    for _ in range(60):
        threading.Thread(target=time.sleep, args=[20], daemon=True).start()
""",
        Status.CRASHED,
        "limit of processes and threads",
    ),
    "open files": (
        {"open_files": 100},
        "def double(x):\n    return len([open('/dev/null') for _ in range(200)])",
        Status.CRASHED,
        "limit of open files",
    ),
    "bytes written": (
        {"disk_mb": 10},
        "def double(x):\n    open('big', 'wb').write(bytes(20_000_000))",
        Status.CRASHED,
        "limit of bytes and files written",
    ),
    "bytes written to shared memory": (
        {"disk_mb": 10},
        "def double(x):\n    open('/dev/shm/big', 'wb').write(bytes(20_000_000))",
        Status.CRASHED,
        "limit of bytes and files written",
    ),
}


def two(**limits):
    """A lab with a task to double and one to triple, in this order."""
    return lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
        **limits,
    )


def by_task(result):
    """Verdicts by task."""
    return {verdict.task: verdict for verdict in result.verdicts}


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_has_its_own_verdict(name):
    """Who passes a limit reads which one, and the next task keeps its points."""
    limits, answer, status, words = LIMITS[name]
    trial = two(**limits)
    result, _ = grade(trial, hand_in(trial, {"double": answer, "triple": TRIPLE}))
    found = by_task(result)
    assert result.status == "graded", [v.detail for v in result.verdicts]
    assert (found["double"].status, found["double"].score) == (status, 0)
    assert words in found["double"].reason
    assert found["triple"].score == 10


@pytest.mark.parametrize(
    ("body", "limits", "status", "words"),
    [
        ("while True: pass", {"cell_seconds": 1}, Status.TIMED_OUT, "interrupted after 1 s"),
        ("large = bytearray(900_000_000)", {"memory_mb": 300}, Status.OUT_OF_MEMORY, "ran out of"),
        ("import os; os._exit(3)", {}, Status.CRASHED, "the kernel ended while it ran"),
    ],
)
def test_a_cell_that_comes_to_no_end_says_so_in_its_check(body, limits, status, words):
    """The verdict of a task whose own cell never ended is not that a name is missing."""
    trial = two(**limits)
    answer = f"{body}\ndef double(x):\n    return 2 * x"
    result, _ = grade(trial, hand_in(trial, {"double": answer, "triple": TRIPLE}))
    found = by_task(result)
    assert found["double"].status is status
    assert words in found["double"].reason
    assert found["triple"].score == 10


def test_the_time_of_children_counts():
    """CPU time is that of every process, also of those that have ended."""
    answer = """
import subprocess, sys
def double(x):
    subprocess.run([sys.executable, "-S", "-c", "i = 0\\nwhile i < 8_000_000: i += 1"])
    return 2 * x
"""
    trial = two()
    result, _ = grade(trial, hand_in(trial, {"double": answer, "triple": TRIPLE}))
    found = by_task(result)
    assert result.score == 20
    assert found["double"].cpu > 0.05 > found["triple"].cpu
    assert result.cpu >= found["double"].cpu


def test_cpu_time_is_limited_for_the_whole_notebook():
    """When it is used up, the check at hand timed out and the later ones are skipped."""
    trial = two(cpu_seconds=1)
    answer = "def double(x):\n    while True:\n        pass"
    result, _ = grade(trial, hand_in(trial, {"double": answer, "triple": TRIPLE}))
    found = by_task(result)
    assert found["double"].status is Status.TIMED_OUT
    assert found["double"].reason == "your code used more than 1 s of CPU time"
    assert found["triple"].status is Status.SKIPPED
    assert "CPU time for the whole notebook" in found["triple"].reason


class Killer(threading.Thread):
    """Kills the candidate's warden as often as it is told to, whenever there is one."""

    def __init__(self, times):
        super().__init__(daemon=True)
        self.left, self.over = times, threading.Event()

    def run(self):
        """Look for it until the times are used up."""
        killed = set()
        while self.left and not self.over.wait(0.05):
            for template in list(templates._kept.values()):
                pid = template._process.pid
                inside = psutil.Process(pid).children(recursive=True) if template.alive else []
                # Below bubblewrap: its first process, the template, the warden, the first of the
                # new namespace, the kernel.
                if template.kind.sandboxed and len(inside) > 4 and inside[2].pid not in killed:
                    time.sleep(0.5)
                    inside[2].kill()
                    killed.add(inside[2].pid)
                    self.left -= 1

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def __enter__(self):
        self.start()


@pytest.mark.parametrize(("times", "score"), [(1, 20), (2, 0)])
def test_a_warden_that_dies_is_not_the_candidates_loss(times, score):
    """The submission is graded once more; if it happens again, its points are left open."""
    trial = two()
    slow = "import time\ntime.sleep(2)\ndef double(x):\n    return 2 * x"
    with Killer(times):
        result, _ = grade(trial, hand_in(trial, {"double": slow, "triple": TRIPLE}))
    if times == 1:
        assert (result.status, result.score) == ("graded", score)
    else:
        assert result.status == "grader error"
        assert {v.score for v in result.verdicts} == {None}
    after, _ = grade(trial, hand_in(trial, {"triple": TRIPLE}))
    assert after.score == 10


def test_a_template_that_dies_is_started_again():
    """The next submission finds a new one."""
    templates.close()  # those of commands, that other tests have left
    trial = two()
    assert grade(trial, hand_in(trial, {"triple": TRIPLE}))[0].score == 10
    old = {template._process.pid for template in templates._kept.values()}
    for pid in old:
        for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
            process.kill()
    assert grade(trial, hand_in(trial, {"triple": TRIPLE}))[0].score == 10
    assert not old & {template._process.pid for template in templates._kept.values()}


def test_without_a_sandbox_the_result_says_so():
    """Grading with the account's own rights works, and is marked."""
    from autograde import assemble, execute, intake

    trial = two()
    cells, _ = intake.parse(__import__("json").dumps(hand_in(trial, {"triple": TRIPLE})).encode())
    notebook = assemble.assemble(trial, intake.Submission(cells))
    result = execute.grade(notebook, trial, {}, candidate="someone", sandboxed=False)
    assert (result.sandbox, result.score) == ("none", 10)
    confined, _ = grade(trial, hand_in(trial, {"triple": TRIPLE}))
    assert confined.sandbox == "bubblewrap"


GRADING = """
from autograde.testing import check, free, grade, hand_in, lab, task
trial = lab(task("double", "return 2 * x"), check("double", "assert double(1) == 2"))
busy = free("import subprocess, time\\nsubprocess.Popen(['sleep', '567'])\\ntime.sleep(60)")
notebook = hand_in(trial)
notebook["cells"].insert(0, dict(busy))
print("grading", flush=True)
grade(trial, notebook)
"""


def descendants(process):
    """Everything that a process has started and what that has started."""
    return psutil.Process(process.pid).children(recursive=True)


@pytest.fixture
def short_path():
    """A temporary folder in which a socket's path is not too long."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_a_grading_is_broken_off(number, short_path):
    """Ctrl-C, a polite end and a rude one: no process, no mount and, at last, no file is left."""
    environment = {**os.environ, "TMPDIR": str(short_path)}
    mounts = Path("/proc/self/mountinfo").read_text()
    with subprocess.Popen(
        [sys.executable, "-c", GRADING],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            started = descendants(process)
            if "sleep" in [p.name() for p in started]:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the cell did not begin")
        process.send_signal(number)
        process.wait(30)
    gone, left = psutil.wait_procs(started, timeout=15)
    assert left == []
    assert len(gone) > 5
    assert Path("/proc/self/mountinfo").read_text() == mounts
    if number == signal.SIGINT:
        assert list(short_path.iterdir()) == []
    # A process that is killed cannot tidy up; the next one does it.
    command = "from autograde import workspace; workspace.sweep()"
    subprocess.run([sys.executable, "-c", command], env=environment, check=True)
    assert list(short_path.iterdir()) == []


def test_a_living_process_keeps_its_folder():
    """Sweeping takes nothing from a process that lives."""
    folder = workspace.folder()
    command = "from autograde import workspace; workspace.sweep()"
    subprocess.run([sys.executable, "-c", command], check=True)
    assert folder.is_dir()


def test_kernels_of_one_template_are_strangers():
    """What one submission leaves in modules, files and random numbers, the next does not see."""
    trial = two()
    leaving = """
import json, os, numpy
json.left = os.environ["LEFT"] = "here"
open("/tmp/left", "w").write("here")
open("left", "w").write("here")
def double(x):
    return [float(numpy.random.random())]
"""
    looking = """
import json, os, numpy
print(hasattr(json, "left"), "LEFT" in os.environ, os.listdir("/tmp"), os.listdir())
print(os.getpid() < 10, sorted(int(p) for p in os.listdir("/proc") if p.isdigit())[:2])
"""
    grade(trial, hand_in(trial, {"double": leaving}, before=["leaving = 1"]))
    notebook = hand_in(trial)
    notebook["cells"].insert(0, dict(free(looking)))
    _, executed = grade(trial, notebook)
    printed = executed.cells[0].outputs[0].text
    assert printed.startswith("False False")
    assert "left" not in printed
    assert "True [1, 2]" in printed
