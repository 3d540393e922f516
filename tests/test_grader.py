"""What a test cell's end is called, and which words of whom are in its reason."""

import pytest

from autograde import grader, remote
from autograde.testing import check, free, grade, hand_in, lab, locked, task
from autograde.verdict import Status

SECRET = 918273645
HIDDEN = b"""\
from autograde.checks import Earned, Wrong, require


def asked(function):
    require(function(918273645) is not None, "an answer is asked for")


def number(value):
    raise Wrong(f"rows: 'rows' of planes is {value!r}, given the tables of other months")


def names(value):
    for name in value:
        require(name == "origin", f"these are not among the columns: {', '.join(value)}")


def share(value):
    return Earned(2.5, f"{len(value)} of 7 are right: {value}")
"""
KNOWS = "SEEN = []\ndef first(x):\n    SEEN.append(x)\n    return x"
#: Ways to say something: the answer's body, the visible test, the hidden test, the words kept.
WAYS = {
    "message": ("raise ValueError(f'zq{SEEN}')", "f(1)", "", "raised ValueError (line 2 of its"),
    "key": ("return {}[f'zq{SEEN}']", "f(1)", "", "raised KeyError (line 2 of its"),
    "exception class": (
        "raise type(f'zq{SEEN}', (LookupError,), {})",
        "f(1)",
        "",
        "raised LookupError (line 2 of its",
    ),
    "function": (
        "exec(f'def zq{SEEN[-1]}(): raise OSError', globals()); globals()[f'zq{SEEN[-1]}']()",
        "f(1)",
        "",
        "raised OSError",
    ),
    "class": (
        "return type(f'zq{SEEN}', (), {})()",
        "assert f(1) == 2",
        "",
        "an object where plain",
    ),
    "class as score": (
        "return type(f'zq{SEEN}', (), {})",
        "f(1)",
        "",
        "an object where plain data",
    ),
    "class as score, hidden": (
        "return type(f'zq{SEEN}', (), {})",
        "pass",
        "f(1)",
        "an object where plain data",
    ),
    "key of a test": ("return f'zq{SEEN}'", "assert {'a': 1}[f(1)]", "", "(KeyError); compare"),
    "index of a test": ("return f'zq{SEEN}'", "assert int(f(1))", "", "(ValueError); compare"),
    "library": (
        "return pd.Series([str(SEEN)])",
        "pd.testing.assert_series_equal(f(1), pd.Series(['a']))",
        "",
        "this visible check does not hold: ",
    ),
    "assertion": (
        "return f'zq{SEEN}'",
        "y = f(1)\nassert y == 2, f'not 2 but {y}'",
        "",
        "not 2 but",
    ),
    "assertion of a locked cell": (
        "return [f'zq{SEEN}', 0.123456789]",
        "same(f(1))",
        "",
        "the example says one, you say …'…1, …', 0.1234…",
    ),
    "number": (
        "return SEEN[-1]",
        "import hidden\nhidden.number(f(1))",
        "",
        "rows: 'rows' of planes is …, given the tables of other months",
    ),
    "names": (
        "return ['origin', f'zq{SEEN}', 'rows']",
        "pass",
        "import hidden\nhidden.names(f(1))",
        "these are not among the columns: origin, …[1, …], rows",
    ),
    "part": (
        "return [SEEN[-1]] * 3",
        "import hidden\nhidden.share(f(1))",
        "",
        "3 of 7 are right: …, …, …",
    ),
    "coded": (
        "return ' '.join('rows of planes' if c == '1' else 'given the tables' for c in"
        " f'{SEEN[-1]:b}')",
        "import hidden\nhidden.number(f(1))",
        "",
        "rows: 'rows' of planes is 'rows of planes",
    ),
}


@pytest.fixture(scope="module")
def told():
    """Verdicts by way, of a lab whose first check has hidden tests and whose answer remembers."""
    cells = [
        locked(
            "import pandas as pd\ndef same(value):\n    assert value == 1, (\n"
            "        f'the example says one, you say {value}'\n    )"
        ),
        task("first", "return x"),
        check("first", "assert first(1) == 1", "import hidden\nhidden.asked(first)"),
    ]
    answers = {"first": KNOWS}
    for number, (body, visible, hidden, _) in enumerate(WAYS.values()):
        name = f"way{number}"
        cells += [task(name, "return x"), check(name, f"f = {name}\n{visible}", hidden)]
        answers[name] = f"def {name}(x):\n    {body}"
    release = lab(*cells, private={"hidden.py": HIDDEN})
    result, _ = grade(release, hand_in(release, answers))
    return dict(zip(["first", *WAYS], result.verdicts, strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_after_hidden_tests_no_reason_holds_words_of_the_candidates(told, way):
    """Whatever carries them, graders alone see them: what hidden tests asked with stays hidden."""
    assert told["first"].score == 10
    verdict = told[way]
    assert verdict.status is not Status.GRADER_ERROR, verdict.detail
    assert verdict.score < 10
    assert WAYS[way][3] in verdict.reason
    assert str(SECRET) not in verdict.reason
    assert "zq" not in verdict.reason


def test_graders_find_the_words_in_the_detail(told):
    """Of a message, of a class and of a check that gave a part of the points."""
    for way in ("message", "key", "number", "part"):
        assert str(SECRET) in told[way].detail


def test_a_code_of_the_labs_own_words_is_cut_off(told):
    """Only so many pieces: a number of thirty bits, a word for each, does not get through."""
    reason = told["coded"].reason
    assert reason.count("rows of planes") + reason.count("given the tables") < 16
    assert reason.endswith("…")


def test_before_any_hidden_test_the_words_are_shown():
    """They help, and there is nothing that they could tell: also in the visible part of a check."""
    cells = [task("double", "return x"), check("double", "double(1)", "double(2)")]
    release = lab(*cells)
    answer = "def double(x):\n    raise ValueError('my own words')"
    result, _ = grade(release, hand_in(release, {"double": answer}))
    expected = "your code raised ValueError (line 2 of double): my own words"
    assert result.verdicts[0].reason == expected


def test_a_kernel_without_a_memory_of_hidden_tests_may_speak():
    """A crash gives the candidate a fresh kernel, which has not seen any hidden input."""
    release = lab(
        task("double", "return x"),
        check("double", "double(1)", "double(2)"),
        task("triple", "return x"),
        check("triple", "triple(1)"),
    )
    answers = {
        "double": "def double(x):\n    import os\n    x == 1 or os._exit(1)",
        "triple": "def triple(x):\n    raise ValueError('my own words')",
    }
    result, _ = grade(release, hand_in(release, answers))
    assert result.verdicts[1].reason.endswith(": my own words")


@pytest.mark.parametrize("marker", ["#BEGIN HIDDEN TESTS", "## BEGIN HIDDEN TESTS ##"])
def test_hidden_tests_are_found_as_nbgrader_finds_them(marker):
    """A notebook of another author may mark them in another form."""
    cell = check("double", f"assert double(1) == 1\n{marker}\ndouble(918273645)")
    cell.source += "\n#END HIDDEN TESTS"
    release = lab(task("double", "return x"), cell)
    answer = "def double(x):\n    if x > 1:\n        raise ValueError(x)\n    return x"
    result, _ = grade(release, hand_in(release, {"double": answer}))
    assert result.verdicts[0].status is Status.CRASHED
    assert str(SECRET) not in result.verdicts[0].reason


OWN = [
    "you say {0}, the task's text says rows",
    "profile: 'rows' of planes, given tables without rows.",
    "rows",
    "",
]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("the task's text says rows", "the task's text says rows"),
        ("you say 12, the task's text", "you say 12, the task's text"),
        ("you say 12345, the task's", "you say …, the task's"),
        ("you say 0.2857142857142857, the", "you say 0.2857…, the"),
        ("you say narrows", "you say …"),
        ("you say rows\0planes", "you say rows…planes"),
        ("you say dict, KeyError", "you say dict, KeyError"),
        ("you say 😀\u200b٣९, the task", "you say …, the task"),
        ("행 개수", "… …"),
        ("행개수", "…"),
        ("", ""),
        ("\udcff" * 10**7, "…"),
        ("rows " * 10**6, "rows …"),
    ],
)
def test_an_authors_words_are_told_from_what_they_quote(tmp_path, monkeypatch, text, kept):
    """Whole words of the lab's own text and small numbers stay, quickly and whatever is quoted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hidden.py").write_text("\n".join(OWN))
    found = grader._own_words(text, "assert True")
    if text.startswith("rows rows"):
        assert found.count("rows") <= grader.PIECES
        assert found.endswith("…")
    else:
        assert found == kept


def test_a_flood_of_replies_costs_that_task_only():
    """Many large replies to one check, which keeps them all: given up before memory is."""
    release = lab(
        free("import numpy as np"),
        task("double", "return x"),
        check("double", "kept = [double(1) for _ in range(12)]\nassert len(kept) == 12"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
    )
    answers = {
        "double": "def double(x):\n    return np.ones(100 * 2**20, np.uint8)",
        "triple": "def triple(x):\n    return 3 * x",
    }
    result, _ = grade(release, hand_in(release, answers))
    flooded, other = result.verdicts
    assert flooded.status is Status.WRONG, flooded.detail
    assert "more than can be handed back" in flooded.reason
    assert other.score == 10
    assert remote.TOTAL < 12 * 100 * 2**20


LATE = b"""\
from autograde.checks import Late

def asked(function):
    function(1)
    raise Late("the program does not end within 30 seconds; it waits on rank 1")
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("double(1)\nraise TimeoutError('it did not end in time')", "it did not end in time"),
        (
            "double(1)\n### BEGIN HIDDEN TESTS\nimport hidden\nhidden.asked(double)\n"
            "### END HIDDEN TESTS",
            "the program does not end within 30 seconds; it waits on rank 1",
        ),
    ],
)
def test_a_check_can_say_that_a_program_did_not_end(text, said):
    """The verdict is "timed out" with the check's own words, and other tasks are still graded."""
    release = lab(
        task("double", "return 2 * x"),
        check("double", text),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
        private={"hidden.py": LATE},
    )
    answers = {"double": "def double(x):\n    return x", "triple": "def triple(x):\n    return 3*x"}
    result, _ = grade(release, hand_in(release, answers))
    late, other = result.verdicts
    assert (late.status, late.score, late.reason) == (Status.TIMED_OUT, 0, said)
    assert other.score == 10
