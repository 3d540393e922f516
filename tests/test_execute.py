"""Grading with two real kernels: who gets points, whatever the notebook does."""

import json

import pytest

from autograde.testing import check, free, grade, hand_in, lab, locked, task
from autograde.verdict import Status

DOUBLE = "def double(x):\n    return 2 * x"
TRIPLE = "def triple(x):\n    return 3 * x"
LAST = "def last(x):\n    return x[-1]"


@pytest.fixture(scope="module")
def three():
    """Three tasks, each with a visible and a hidden test."""
    return lab(
        locked("import math"),
        task("double", "return 2 * x"),
        check(
            "double", "assert double(1) == 2, 'double(1) is not right'", "assert double(21) == 42"
        ),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(1) == 3", "assert triple(5) == 15"),
        task("last", "return x[-1]"),
        check("last", "assert last([1, 2]) == 2", "assert last('abc') == 'c'"),
    )


def statuses(result):
    """Verdict words by task."""
    return {v.task: v.status.value for v in result.verdicts}


def scores(result):
    """Points by task."""
    return {v.task: v.score for v in result.verdicts}


ALL = {"double": 10.0, "triple": 10.0, "last": 10.0}


def test_right_answers_get_full_points(three):
    """Three right answers, three times full points, with a time and no reason."""
    result, _ = grade(three, hand_in(three, {"double": DOUBLE, "triple": TRIPLE, "last": LAST}))
    assert scores(result) == ALL
    assert result.status == "graded"
    assert result.tampering == ()
    assert all(v.reason == "" and v.wall > 0 for v in result.verdicts)


def test_a_blank_lab_is_not_attempted(three):
    """Nothing written: 0 points, and every task says so."""
    result, _ = grade(three, hand_in(three))
    assert set(statuses(result).values()) == {"not attempted"}
    assert result.score == 0


def test_each_task_stands_alone(three):
    """A wrong, a crashing and a right answer each get their own verdict and reason."""
    answers = {
        "double": "def double(x):\n    return x + 1",
        "triple": "def triple(x):\n    raise KeyError('secret input ' + str(x))",
        "last": LAST,
    }
    result, notebook = grade(three, hand_in(three, answers))
    assert statuses(result) == {"double": "wrong", "triple": "crashed", "last": "passed"}
    # double(1) == 2 by chance, so the hidden test finds it, and its reason shows nothing of it.
    assert "42" not in result.verdicts[0].reason
    assert "line 2 of its cell" in result.verdicts[1].reason
    assert "secret" not in result.verdicts[1].reason  # it comes after a hidden test
    stored = json.dumps(notebook)
    assert "double(21)" not in stored
    assert "BEGIN HIDDEN" not in stored


def test_the_text_of_an_exception_in_a_hidden_call_is_kept_from_feedback():
    """An answer cannot print a hidden input through its exception."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2", "double(123456)"),
    )
    answer = "def double(x):\n    if x > 1:\n        raise ValueError(f'got {x}')\n    return 2"
    result, notebook = grade(trial, hand_in(trial, {"double": answer}))
    assert result.verdicts[0].status is Status.CRASHED
    assert "123456" not in result.verdicts[0].reason
    assert "123456" not in json.dumps(notebook)
    assert "123456" in result.verdicts[0].detail


HIDDEN_INPUTS = """
from autograde.checks import inputs, require

def asked(double):
    for what, x in inputs([("a number", 2), ("a word", "ab")]):
        require(double(x) == 2 * x, f"not twice, given {what}")
    double([])
"""


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (
            "return 2 + x",
            "crashed",
            "your code raised TypeError (line 2 of its cell), given a word",
        ),
        ("return x * (4 if x == 2 else 2)", "wrong", "not twice, given a number"),
        ("return 2 * x if x != [] else 1 / 0", "crashed", "raised ZeroDivisionError (line 2"),
        ("import os; return os._exit(1) if x == 'ab' else 2 * x", "crashed", ", given a word"),
    ],
)
def test_a_crash_in_a_hidden_call_names_the_kind_of_input(body, status, reason):
    """Who crashes on a word is told so, and who crashes after all cases is not told of the last."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "double(1)", "import hidden\nhidden.asked(double)"),
        private={"hidden.py": HIDDEN_INPUTS.encode()},
    )
    result, _ = grade(trial, hand_in(trial, {"double": f"def double(x):\n    {body}"}))
    (verdict,) = result.verdicts
    assert verdict.status.value == status
    assert reason in verdict.reason
    assert verdict.reason.count("given") == (0 if "Zero" in reason else 1)


DEATHS = {
    "kernel exits": "import os; os._exit(3)",
    "kernel kills itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "exit()": "exit()",
    "names wiped": "%reset -f",
}


@pytest.mark.parametrize("how", DEATHS)
def test_a_cell_that_ends_the_kernel_costs_nothing_else(three, how):
    """An own cell that ends the kernel leaves all three answers their points."""
    answers = {"double": DOUBLE, "triple": TRIPLE, "last": LAST}
    result, _ = grade(three, hand_in(three, answers, after={"triple": DEATHS[how]}))
    assert scores(result) == ALL


def test_an_answer_that_ends_the_kernel_loses_its_own_task_only(three):
    """os._exit inside the second answer: the first and third keep their points."""
    answers = {
        "double": DOUBLE,
        "triple": "def triple(x):\n    import os; os._exit(1)",
        "last": LAST,
    }
    result, _ = grade(three, hand_in(three, answers))
    assert statuses(result) == {"double": "passed", "triple": "crashed", "last": "passed"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try:\n            "
        "while True: pass\n        except BaseException: pass",
    ],
)
def test_endless_loops_time_out_and_cost_their_own_task_only(body):
    """A loop, also one that swallows interrupts: "timed out" there, full points elsewhere."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(1) == 3"),
        cell_seconds=2,
    )
    loop = f"def double(x):\n    {body}"
    result, _ = grade(trial, hand_in(trial, {"double": loop, "triple": TRIPLE}))
    assert statuses(result) == {"double": "timed out", "triple": "passed"}
    loop = body.replace("\n    ", "\n")
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE, "triple": TRIPLE}, before=[loop]))
    assert result.score == 20


LEFT_BROKEN = {
    "in the next cell": "shell.events.register('pre_run_cell', lambda info: os._exit(1))",
    "in the next check": "asyncio.get_event_loop().add_reader = lambda *_: os._exit(1)",
}


@pytest.mark.parametrize("how", LEFT_BROKEN.values(), ids=LEFT_BROKEN.keys())
def test_what_a_cell_that_timed_out_leaves_behind_costs_no_other_task(how):
    """A cell is interrupted and leaves a kernel that dies later: only its own task is lost."""
    small = lab(
        task("double", "return 2 * x"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
        check("double", "assert double(1) == 2"),
        cell_seconds=2,
    )
    endless = f"""import asyncio, os, time
shell = get_ipython()
try:
    time.sleep(60)
finally:
    {how}
"""
    result, _ = grade(small, hand_in(small, {"double": endless, "triple": TRIPLE}))
    assert scores(result) == {"double": 0.0, "triple": 10.0}
    assert statuses(result)["double"] == "timed out"


@pytest.mark.slow
def test_the_time_for_the_whole_notebook_is_bounded():
    """When the total is used up, what was earned stays and the rest is skipped, with the reason."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(1) == 3"),
        cell_seconds=3,
        seconds=4,
    )
    slow = {"double": "import time; time.sleep(30)"}
    sleeps = hand_in(
        trial, {"double": DOUBLE, "triple": TRIPLE}, after={"check_double": slow["double"]}
    )
    sleeps["cells"].insert(
        3, dict(sleeps["cells"][2], id="again", source="import time; time.sleep(30)")
    )
    result, _ = grade(trial, sleeps)
    assert scores(result) == {"double": 10.0, "triple": 0.0}
    assert result.verdicts[1].status is Status.SKIPPED
    assert "time" in result.verdicts[1].reason


@pytest.mark.parametrize(
    "printing",
    ["print('x' * 50_000_000)", "for i in range(400_000): print('line', i, 'x' * 100)"],
)
def test_fifty_megabytes_of_output_are_cut(three, printing):
    """The first and last part stay, with a note; the points stay too."""
    answers = {"double": DOUBLE, "triple": TRIPLE, "last": LAST}
    result, notebook = grade(three, hand_in(three, answers, before=[printing + "; print('END')"]))
    assert scores(result) == ALL
    stored = json.dumps(notebook)
    assert len(stored) < 1_000_000
    assert "left out" in stored
    assert "END" in stored


def test_output_on_stderr_and_warnings_cost_nothing(three):
    """A warning while a check runs is no mistake."""
    noisy = (
        "def double(x):\n    import sys, warnings\n    warnings.warn('careful')\n"
        "    print('noise', file=sys.stderr)\n    return 2 * x"
    )
    result, _ = grade(three, hand_in(three, {"double": noisy}))
    assert scores(result)["double"] == 10


@pytest.mark.parametrize(
    ("leave", "status"),
    [
        ("raise SystemExit", "crashed"),
        ("import sys; sys.exit(0)", "crashed"),
        ("quit()", "wrong"),  # in IPython it returns None, and the kernel ends a moment later
    ],
)
def test_leaving_inside_an_answer_costs_that_task_only(three, leave, status):
    """SystemExit in an answer ends neither the check nor the grading."""
    answers = {"double": f"def double(x):\n    {leave}", "last": LAST}
    result, _ = grade(three, hand_in(three, answers))
    assert statuses(result) == {"double": status, "triple": "not attempted", "last": "passed"}


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ("None", 10),
        ("7.5", 7.5),
        ("0", 0),
        ("False", 0),
        ("True", 10),
        ("float('nan')", 0),
        ("np.float64(0.0)", 0),
        ("np.float64(4.0)", 4),
        ("np.bool_(False)", 0),
        ("1.1 + 2.2 + 6.7", 10),
        ("'text'", 10),
    ],
)
def test_the_last_value_of_a_check(value, score):
    """What nbgrader reads as full marks by failing open is what it says here."""
    trial = lab(
        locked("import numpy as np"),
        task("double", "return 2 * x"),
        check("double", f"assert double(1) == 2\n{value}"),
    )
    result, notebook = grade(trial, hand_in(trial, {"double": DOUBLE}))
    assert result.verdicts[0].score == score
    (output,) = notebook.cells[-1].outputs
    assert float(output.data["text/plain"]) == score


def test_partial_credit_has_its_reason():
    """A check that gives part of the points says in words what was missing."""
    trial = lab(
        task("double", "return 2 * x"),
        check(
            "double",
            "double(1)",
            "from autograde.checks import Earned\n"
            "Earned(2.5 + double(1), '3 of 4 inputs are right')",
        ),
    )
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE}))
    (verdict,) = result.verdicts
    assert (verdict.status, verdict.score) == (Status.PARTIAL, 4.5)
    assert verdict.reason == "3 of 4 inputs are right"


def test_full_points_keep_their_evidence():
    """What a check measured is told also where nothing was lost."""
    trial = lab(
        task("double", "return 2 * x"),
        check(
            "double",
            "from autograde.checks import Earned\nEarned(8 + double(1), '4 of 4 inputs are right')",
        ),
    )
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE}))
    (verdict,) = result.verdicts
    assert (verdict.status, verdict.score) == (Status.PASSED, 10)
    assert verdict.reason == "4 of 4 inputs are right"
    assert verdict.between is None


def test_noise_of_a_measurement_reaches_the_verdict():
    """Points that a check's measurement leaves possible stand in the result."""
    source = "from autograde.checks import Earned\nEarned(2 + double(1), 'slow', (3.5, 6.25))"
    trial = lab(task("double", "return 2 * x"), check("double", source))
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE}))
    (verdict,) = result.verdicts
    assert (verdict.score, verdict.between) == (4, (3.5, 6.25))


def test_a_faulty_check_is_a_grader_error_and_costs_nothing():
    """A check that fails before it has met the answer, or scores beyond its points, is ours."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "expected = {}['missing']\nassert double(1) == expected"),
        task("triple", "return 3 * x"),
        check("triple", "triple(1)\n1000"),
        task("last", "return x[-1]"),
        check("last", "assert last([1]) == 1"),
    )
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE, "triple": TRIPLE, "last": LAST}))
    assert result.status == "grader error"
    assert [v.score for v in result.verdicts] == [None, None, 10.0]
    assert "KeyError" in result.verdicts[0].detail


def test_a_bug_in_a_check_is_ours_even_after_it_has_met_the_answer():
    """No answer can cause a name that the hidden tests never defined."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "double(1)", "import hidden\nhidden.check(double)"),
        private={"hidden.py": b"def check(f):\n    assert f(2) == never_defined\n"},
    )
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE}))
    assert (result.status, result.verdicts[0].score) == ("grader error", None)


def test_a_faulty_instructor_cell_is_a_grader_error():
    """A locked cell that raises on the grader's side leaves every later point undecided."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2"),
        locked("1 / 0", side="grader"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(1) == 3"),
    )
    result, _ = grade(trial, hand_in(trial, {"double": DOUBLE, "triple": TRIPLE}))
    assert [v.score for v in result.verdicts] == [10.0, None]
    assert "ZeroDivisionError" in result.verdicts[1].detail


def test_locked_cells_run_on_both_sides_or_on_one():
    """The grader's own copy of the data is what a check sees, whatever the candidate did to it."""
    trial = lab(
        locked("data = [1, 2, 3]"),
        locked("truth = sum(data)", name="truth", side="grader"),
        task("double", "return 2 * sum(data)"),
        check("double", "assert double(None) == 2 * truth\nassert data == [1, 2, 3]"),
    )
    honest = "def double(x):\n    return 2 * sum(data)"
    result, _ = grade(trial, hand_in(trial, {"double": honest}))
    assert result.score == 10
    cheat = "data.clear()\ntruth = 0\ndef double(x):\n    return 0"
    result, _ = grade(trial, hand_in(trial, {"double": cheat}))
    assert result.score == 0


def test_hidden_modules_reach_the_grader_and_not_the_candidate():
    """hidden.py is importable in a check, and its file is not in the candidate's folder."""
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2", "import hidden\nhidden.check(double)"),
        private={"hidden.py": b"def check(f):\n    assert f(2) == 4, 'twice two'\n"},
    )
    peek = (
        "import os\nseen = os.listdir('.')\ndef double(x):\n"
        "    return 2 * x if 'hidden.py' not in seen else 0"
    )
    result, _ = grade(trial, hand_in(trial, {"double": peek}))
    assert result.score == 10
    wrong = "def double(x):\n    return 2"
    result, _ = grade(trial, hand_in(trial, {"double": wrong}))
    assert result.verdicts[0].reason == "twice two"


def test_a_name_that_is_not_defined_is_named(three):
    """An answer under another name: the reason says which name is missing."""
    result, _ = grade(three, hand_in(three, {"double": "def doubled(x):\n    return 2 * x"}))
    assert result.verdicts[0].status is Status.WRONG
    assert "`double`" in result.verdicts[0].reason


def test_an_answer_in_an_own_cell_counts(three):
    """Someone who leaves the stub and defines the function below it has solved the task."""
    result, _ = grade(three, hand_in(three, after={"double": DOUBLE}))
    assert statuses(result) == {
        "double": "passed",
        "triple": "not attempted",
        "last": "not attempted",
    }


def test_a_file_of_one_task_may_hold_the_answer_to_another():
    """Where cells write files, an answer is in any of them; a function's cell is its task's own."""
    cells = [task(name, f"return {n} * x") for name, n in (("double", 2), ("triple", 3))]
    for cell, name in zip(cells, ("double", "triple"), strict=True):
        cell.source = f"%%writefile {name}.py\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    trial = lab(
        *cells,
        task("last", "return x[-1]"),
        check("double", "import both\nassert both.double(1) == 2"),
        check("triple", "import both\nassert both.triple(1) == 3"),
        check("last", "assert last([1, 2]) == 2"),
    )
    both = f"%%writefile both.py\n{DOUBLE}\n{TRIPLE}"
    result, _ = grade(trial, hand_in(trial, {"double": both}))
    assert statuses(result) == {"double": "passed", "triple": "passed", "last": "not attempted"}


def test_a_free_import_means_the_graders_own_module():
    """A check's ``np`` is the grader's NumPy even if the candidate made something else of it."""
    trial = lab(
        free("import numpy as np\nfrom numpy.testing import assert_allclose"),
        task("double", "return 2 * x"),
        check("double", "assert_allclose(double(np.ones(3)), 2 * np.ones(3))"),
    )
    fake = (
        "class Fake:\n    def __getattr__(self, name): return lambda *a, **k: 0\n"
        "np = Fake(); assert_allclose = lambda *a, **k: None\ndef double(x):\n    return 0"
    )
    result, _ = grade(trial, hand_in(trial, {"double": fake}))
    assert result.score == 0


def test_the_candidates_own_module_is_reached_by_the_link():
    """``%%writefile service.py`` and ``import service`` in the check."""
    trial = lab(
        task("double", "return 2 * x"),
        check(
            "double",
            "import service\nfrom service import TWO\nassert service.double(2) == 4\n"
            "assert TWO == 2",
        ),
    )
    write = "%%writefile service.py\nTWO = 2\ndef double(x):\n    return 2 * x"
    use = "from service import double"
    result, _ = grade(trial, hand_in(trial, {"double": use}, before=[write]))
    assert result.score == 10


def test_coroutines_are_awaited_on_the_candidates_side():
    """An async answer is called like any other, and its own tasks run in its own loop."""
    trial = lab(task("double", "return 2 * x"), check("double", "assert double(2) == 4"))
    answer = (
        "import asyncio\nlock = asyncio.Lock()\nasync def double(x):\n    async with lock:\n"
        "        await asyncio.sleep(0)\n        return 2 * x"
    )
    result, _ = grade(trial, hand_in(trial, {"double": answer}))
    assert result.score == 10


def test_star_imports_and_shadowed_builtins_do_not_break_the_link(three):
    """``from numpy import *`` and a variable called ``list`` are honest code."""
    untidy = "from numpy import *\nfrom math import *\nlist = dict = len = str = type = 3"
    answers = {"double": DOUBLE, "triple": TRIPLE, "last": LAST}
    result, _ = grade(three, hand_in(three, answers, before=[untidy]))
    assert scores(result) == ALL


def test_the_same_submission_gives_the_same_result_twice(three):
    """Scores, verdicts, reasons and hashes agree between two gradings."""
    notebook = hand_in(three, {"double": DOUBLE, "triple": "def triple(x):\n    return x"})
    first, second = (grade(three, notebook)[0] for _ in range(2))
    unlike = {"wall", "cpu", "started"}
    assert first.model_dump(exclude={"verdicts", *unlike}) == second.model_dump(
        exclude={"verdicts", *unlike}
    )
    for a, b in zip(first.verdicts, second.verdicts, strict=True):
        assert (a.score, a.status, a.reason) == (b.score, b.status, b.reason)
