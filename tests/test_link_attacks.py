"""Values, exceptions and files of every kind that cross from an answer to its check.

Tables of one line each, several to a notebook, where ``tests/attacks/`` has a file an attack. What
lies is worth nothing, what is honest and odd keeps its points, and what went wrong over there is
neither our fault nor told in words that quote a hidden input.
"""

import dataclasses
import json

import pytest

from autograde import execute
from autograde.testing import check, free, grade, hand_in, lab, locked, task
from autograde.verdict import Status

FAULTS = {Status.WRONG, Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY}
HONEST = "def triple(x):\n    return 3 * x"
SETUP = "import numpy as np\nimport pandas as pd\nfrom autograde.checks import call, plain, require"
VISIBLE = "assert {0}(1) == 2, 'twice one is two'"
HIDDEN = """
np.testing.assert_allclose({0}(np.arange(3.0)), [0.0, 2.0, 4.0])
pd.testing.assert_frame_equal({0}(pd.DataFrame({{"a": [1]}})), pd.DataFrame({{"a": [2]}}))
np.testing.assert_equal(len({0}([1])), 2)
require({0}(21) == 42, "not doubled")
""".strip()


def bench(*names):
    """A lab whose tasks are all to double, and one that is to triple."""
    cells = [locked(SETUP, side="grader")]
    for name in names:
        cells += [
            task(name, "return 2 * x"),
            check(name, VISIBLE.format(name), HIDDEN.format(name)),
        ]
    cells += [task("triple", "return 3 * x"), check("triple", "assert triple(5) == 15")]
    return lab(*cells, cell_seconds=5)


def attacked(release, answers, files=None, **places):
    """Verdicts by task; the machinery must not have failed."""
    result, notebook = grade(release, hand_in(release, answers, **places), files)
    assert result.status == "graded", [v.detail for v in result.verdicts]
    assert len(json.dumps(notebook)) < 2_000_000
    assert len(result.model_dump_json()) < 200_000
    return {v.task: v for v in result.verdicts}


EQUAL = """
import numpy, pandas, collections
class Equal:
    def __init__(self, *a): pass
    def _yes(self, *a, **k): return True
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __contains__ = _yes
    def __hash__(self): return 0
    def _self(self, *a, **k): return self
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __abs__ = __neg__ = __round__ = _self
    __call__ = __getitem__ = __array_ufunc__ = __array_function__ = _self
    def __getattr__(self, name): return self
    def __array__(self, *a, **k): return numpy.array([0.0, 2.0, 4.0])
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __float__(self): return 2.0
    def __int__(self): return 2
    def __index__(self): return 2
    @property
    def __class__(self): return int
class Meta(type):
    def __instancecheck__(cls, x): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return 0
class Lying(metaclass=Meta): pass
def lying(base):
    names = ('__eq__', '__ne__', '__bool__', 'equals', 'all', '__lt__', '__gt__')
    yes = lambda self, *a, **k: True
    return type(base.__name__, (base,), {**{n: yes for n in names}, '__hash__': lambda s: 0})
""".strip()

LIES = {
    "an instance of it": "return Lying()",
    "float": "return lying(float)(7)",
    "str": "return lying(str)('7')",
    "dict": "return lying(dict)(a=7)",
    "tuple": "return lying(tuple)((7,))",
    "array": "return numpy.zeros(3).view(lying(numpy.ndarray))",
    "object array": "return numpy.array([Equal(), Equal()], dtype=object)",
    "frame of them": "return pandas.DataFrame({'a': [Equal()]})",
    "dict key": "return {Equal(): Equal()}",
    "its own argument": "return x",
    "itself": "return double",
    "not implemented": "return NotImplemented",
    "nan": "return float('nan')",
    "NA": "return pandas.NA",
    "none": "return None",
    "true": "return True",
    "mock": "import unittest.mock; return unittest.mock.MagicMock()",
    "module": "import numpy as module; return module",
    "generator": "return (2 for _ in range(3))",
    "endless": "import itertools; return itertools.repeat(2)",
    "coroutine of it": "\n    async def later(): return Equal()\n    return later()",
    "frame object": "import sys; return sys._getframe(1)",
    "score": "return 10",
}

# Bodies of a candidate's function: what is raised in there must excuse nobody, and skips no test.
RAISES = {
    "skip": "import pytest; pytest.skip('10')",  # the attack: candidate's code, skips no test
    "fail": "import pytest; pytest.fail('10')",
    "assume": "import hypothesis; hypothesis.assume(False)",
    "timed out": "import autograde.remote as r; raise r.TimedOut('x')",
    "grading error": "import autograde.errors as e; raise e.GradingError('x')",
    "no value": "import autograde.wire as w; raise w.NotPlain('x')",
    "async stop": "raise StopAsyncIteration",
    "generator exit": "raise GeneratorExit",
    "system exit": "raise SystemExit(0)",
    "interrupt": "raise KeyboardInterrupt",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "memory": "raise MemoryError",
    "recursion": "return double(x)",
    "base": "raise BaseException('base')",
    "not implemented": "raise NotImplementedError",  # the attack: written code poses as a stub
    "no arguments": "import subprocess; raise subprocess.CalledProcessError(1, 'x')",
    "surrogate": "raise ValueError('\\ud800')",
    "chain": "raise type('a' * 100_000, (ValueError,), {'__module__': 'b' * 100_000})()",
    "assertion": "assert False, '10'",
    "import error": "import hidden",
    "warning": "raise UserWarning('x')",
    "unicode": "b'\\xff'.decode()",
}


def several(bodies):
    """A lab with a task for each body, and the answers; the bodies call themselves ``double``."""
    names = [f"task{number}" for number in range(len(bodies))]
    answers = {
        name: f"def {name}(x):\n    double = {name}\n    {body}"
        for name, body in zip(names, bodies, strict=True)
    }
    return bench(*names), answers, names


def test_an_object_that_claims_to_be_right_is_not():
    """Comparison, truth and class are the candidate's word, and nobody takes it."""
    release, answers, names = several(LIES.values())
    found = attacked(release, {**answers, "triple": HONEST}, before=[EQUAL])
    for name, what in zip(names, LIES, strict=True):
        assert found[name].score == 0, what
        assert found[name].status in FAULTS, what
    assert found["triple"].score == 10


def test_a_bare_comparison_is_enough_to_tell():
    """The simplest check that an author can write is not fooled either."""
    names = [f"task{number}" for number in range(len(LIES))]
    cells = []
    for name in names:
        cells += [task(name, "return 2 * x"), check(name, f"assert {name}(1) == 2")]
    answers = {
        name: f"def {name}(x):\n    double = {name}\n    {body}"
        for name, body in zip(names, LIES.values(), strict=True)
    }
    found = attacked(lab(*cells), answers, before=[EQUAL])
    earned = [what for name, what in zip(names, LIES, strict=True) if found[name].score]
    assert earned == []


def test_no_exception_of_an_answer_means_anything_to_the_judge():
    """Classes that skip, excuse or blame the grader arrive as ordinary ones."""
    release, answers, names = several(RAISES.values())
    found = attacked(release, {**answers, "triple": HONEST})
    for name, what in zip(names, RAISES, strict=True):
        assert found[name].score == 0, what
        assert found[name].status in FAULTS, what
        assert len(found[name].reason) < 1200, what
        assert "\x1b" not in found[name].reason, what
    assert found["triple"].score == 10


def test_submitted_files_do_not_take_the_place_of_the_labs_own():
    """A file where the lab has a folder, a folder where it has a file, and impossible names."""
    release = dataclasses.replace(bench("double"), public={"data/x.csv": b"1", "y.csv": b"2"})
    files = {"data": b"", "y.csv/z": b"", "data/x.csv": b"9", "a" * 300: b"", "d/" * 2000: b""}
    reads = "def double(x):\n    return 2 * x\nassert open('data/x.csv').read() == '1'"
    reads += "\nassert open('y.csv').read() == '2'\nTHREE = 3"
    answers = {"double": reads, "triple": "def triple(x):\n    return THREE * x"}
    found = attacked(release, answers, files=files)
    assert found["double"].score == found["triple"].score == 10


def test_a_module_of_the_candidates_is_offered_only_where_the_check_asks():
    """A library's probing for an optional package during a check does not reach their files."""
    trial = lab(
        task("double", "return 2 * x"),
        check(
            "double",
            "assert double(1) == 2\nimport service\nassert service.TWO == 2\nimport helper_here",
        ),
        private={
            "helper_here.py": (
                b"try:\n    import numexpr_trial\nexcept ImportError:\n    numexpr_trial = None\n"
                b"assert numexpr_trial is None, 'taken from the candidate'\n"
            )
        },
    )
    files = {"numexpr_trial.py": b"x = 1\n", "service.py": b"TWO = 2\n"}
    answer = hand_in(trial, {"double": "def double(x):\n    return 2 * x"})
    assert grade(trial, answer, files)[0].score == 10


FAULTLESS = {
    "a name that its module lacks": "from service import TWO",
    "a module that is none": "import service.inner",
    "text that is no code": "import ast\nast.literal_eval(double(1))",
    "an expression of unknown names": "pd.DataFrame({'a': [1]}).query(double(1))",
}


@pytest.mark.parametrize("text", ["b = =", "b"])
def test_what_was_handed_in_is_no_fault_of_the_check(text):
    """Import, name and syntax errors over what the candidate made are the candidate's."""
    cells = [locked("import pandas as pd", side="grader")]
    answers = {}
    for number, source in enumerate(FAULTLESS.values()):
        name = f"task{number}"
        cells += [task(name, "return x"), check(name, source.replace("double", name))]
        answers[name] = f"def {name}(x):\n    return {text!r}"
    release = lab(*cells)
    notebook = hand_in(release, answers)
    result, _ = grade(release, notebook, {"service.py": b"ONE = 1\n"})
    blamed = {w: v.detail for w, v in zip(FAULTLESS, result.verdicts, strict=True) if v.score != 0}
    assert blamed == {}


SECRET = 918273645


def test_no_word_of_a_hidden_calls_failure_is_stored():
    """Message, place, class and name are the candidate's own words, and may quote the input."""
    bodies = [
        "raise ValueError(f'x{x}')",
        "exec(compile(f'def x{x}(): raise ValueError', '<ipykernel_1>', 'exec'), globals());"
        " globals()[f'x{x}']()",
        "return type(f'x{x}', (), {})()",
        "raise type(f'x{x}', (ValueError,), {})",
        "print('x', x); import warnings; warnings.warn(f'x{x}'); return 0",
        "return {f'x{x}': type(f'x{x}', (), {})}",
        "return f'x{x}'",
    ]
    cells = []
    for number in range(len(bodies)):
        name = f"task{number}"
        cells += [
            task(name, "return 2 * x"),
            check(name, f"{name}", f"assert {name}({SECRET}) == {2 * SECRET}"),
        ]
    release = lab(*cells)
    answers = {f"task{n}": f"def task{n}(x):\n    {body}" for n, body in enumerate(bodies)}
    result, notebook = grade(release, hand_in(release, answers))
    assert result.status == "graded"
    assert result.score == 0
    assert str(SECRET) not in json.dumps(notebook)
    assert [v.reason for v in result.verdicts if str(SECRET) in v.reason] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("raise TypeError", Status.WRONG),
        ("return None", Status.WRONG),
        ("\n    if x < 0: raise ValueError\n    return 2 * x", Status.PASSED),
    ],
)
def test_always_raising_passes_no_check_that_something_must_raise(body, status):
    """Good and bad inputs are mixed, and an error on a good one is seen."""
    trial = lab(
        locked("import pytest", side="grader"),
        task("double", "return 2 * x"),
        check(
            "double",
            "with pytest.raises(ValueError):\n    double(-1)\nassert double(2) == 4",
        ),
    )
    result, _ = grade(trial, hand_in(trial, {"double": f"def double(x):\n    {body}"}))
    found = result.verdicts[0].status
    assert found is status or (found in FAULTS and status in FAULTS)


def test_a_must_raise_check_is_not_passed_by_a_broken_link():
    """Garbage on the link is no exception of the answer's, even where any would do."""
    trial = lab(
        locked("import pytest", side="grader"),
        task("double", "return 2 * x"),
        check("double", "with pytest.raises(Exception):\n    double(-1)"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
    )
    garbage = "def double(x):\n    get_ipython().kernel.link.sendall(b'x' * 99)"
    found = attacked(trial, {"double": garbage, "triple": HONEST})
    assert found["double"].status is Status.CRASHED
    assert found["triple"].score == 10


def test_a_check_that_cannot_end_costs_that_task_only(monkeypatch):
    """What was returned keeps the grader's own side busy: interrupted there, and lost here."""
    monkeypatch.setattr(execute, "OWN_TIME", 1.0)
    trial = lab(
        task("double", "return 2 * x"),
        check("double", "n = 0\nfor item in double(1):\n    n += item"),
        task("triple", "return 3 * x"),
        check("triple", "assert triple(5) == 15"),
        cell_seconds=1,
    )
    answers = {"double": "def double(x):\n    return range(2**50)", "triple": HONEST}
    found = attacked(trial, answers)
    assert found["double"].status in {Status.TIMED_OUT, Status.WRONG, Status.CRASHED}
    assert found["triple"].score == 10


ODD = {
    "numpy scalar": ("return np.int64(2) * x", "f(2) == 4 and isinstance(int(f(2)), int)"),
    "numpy bool": ("return np.bool_(x > 1)", "bool(f(2)) is True"),
    "float32": ("return np.float32(x) / 2", "abs(f(3) - 1.5) < 1e-6"),
    "tuple for list": ("return (1, x)", "list(f(2)) == [1, 2]"),
    "keys that are no strings": (
        "return {1: 'a', (1, 2): 'b', None: 'c', 2.5: x, True and 3: 4}",
        "f(9) == {1: 'a', (1, 2): 'b', None: 'c', 2.5: 9, 3: 4}",
    ),
    "keys that are dates": (
        "return {datetime.date(2020, 1, x): pd.Timestamp('2020-01-01')}",
        "f(2) == {datetime.date(2020, 1, 2): pd.Timestamp('2020-01-01')}",
    ),
    "generator": ("yield from range(x)", "list(f(3)) == [0, 1, 2]"),
    "generator of pairs": ("return ((i, str(i)) for i in range(x))", "dict(f(2)) == {0:'0',1:'1'}"),
    "map": ("return map(lambda i: i + 1, range(x))", "sorted(f(3)) == [1, 2, 3]"),
    "dict view": ("return {'a': x}.items()", "dict(plain(f(1))) == {'a': 1}"),
    "dataclass": ("return Point(x, [x])", "plain(f(1)) == {'x': 1, 'tags': [1]}"),
    "dataclass attributes": ("return Point(x, [x])", "f(1).x == 1 and f(1).tags == [1]"),
    "named tuple": ("return Pair(x, 2)", "plain(f(1)) == (1, 2) and f(1).a == 1 and f(1)[1] == 2"),
    "counter": ("return collections.Counter('aab')", "plain(f(1)) == {'a': 2, 'b': 1}"),
    "default dict": (
        "d = collections.defaultdict(list)\n    d['a'].append(x)\n    return d",
        "plain(f(1)) == {'a': [1]} and f(1)['a'] == [1]",
    ),
    "nan": ("return [float('nan'), x]", "math.isnan(f(1)[0]) and f(1)[1] == 1"),
    "nan in a frame": (
        "return pd.DataFrame({'a': [np.nan, x], 'b': pd.array([None, 1], 'Int64')})",
        "f(1)['a'].isna().tolist() == [True, False] and f(1)['b'].isna().sum() == 1",
    ),
    "dates": (
        "return [datetime.date(2020, 2, 29), pd.Timestamp('2020', tz='Asia/Seoul'), pd.NaT]",
        "f(1)[0].year == 2020 and f(1)[1].tz is not None and f(1)[2] is pd.NaT",
    ),
    "category": ("return pd.Series(['a', x]).astype('category')", "list(f('b')) == ['a', 'b']"),
    "subclass of a frame": (
        "return Mine({'a': [x]})",
        "plain(f(1)).equals(pd.DataFrame({'a': [1]}))",
    ),
    "enumeration": ("return Level(x)", "plain(f(3)) == 3"),
    "path and class": ("return Point", "plain(f(1)(2, 3)) == {'x': 2, 'tags': 3}"),
    "closure": ("k = x\n    return lambda y: k * y", "f(3)(4) == 12"),
    "recursion": ("return 1 if x < 2 else x * globals()['{0}'](x - 1)", "f(5) == 120"),
    "async": ("return await later(x)", "f(3) == 3"),
    "async generator": ("for i in range(x): yield i", "list(f(3)) == [0, 1, 2]"),
    "helper module": ("import helper; return helper.double(x)", "f(4) == 8"),
    "helper package": ("from pack.inner import four; return four() * x", "f(2) == 8"),
    "keyword arguments": ("return kw(x, b=2)", "f(1) == 3"),
    "prints": ("print('x' * 1000); print('e', file=sys.stderr); return x", "f(1) == 1"),
    "warns": ("warnings.warn('careful', DeprecationWarning); return x", "f(1) == 1"),
    "plots": ("plt.figure(); plt.plot([1, x]); plt.show(); return x", "f(1) == 1"),
    "closes a figure": (
        "fig, ax = plt.subplots(); ax.plot([1]); plt.close(fig); return x",
        "f(1) == 1",
    ),
    "progress bar": (
        "for i in range(50): print(f'\\r{{i}}%', end='', flush=True)\n    return x",
        "f(1) == 1",
    ),
    "numpy warning": ("return float(np.log(np.array([0.0]))[0] < 0) + x", "f(1) == 2"),
    "own loop of tasks": (
        "return sum(await asyncio.gather(*[later(i) for i in range(x)]))",
        "f(3) == 3",
    ),
    "threads": (
        "import concurrent.futures as c\n    with c.ThreadPoolExecutor(2) as p:\n"
        "        return list(p.map(abs, [-1, x]))",
        "f(2) == [1, 2]",
    ),
    "set": ("return {1, x}", "f(2) == {1, 2}"),
    "complex and bytes": ("return [1j * x, b'a' * x]", "f(2) == [2j, b'aa']"),
    "big int": ("return 10 ** (x * 30)", "f(2) == 10 ** 60"),
    "none inside": ("return {'a': None, 'b': [None, x]}", "f(1) == {'a': None, 'b': [None, 1]}"),
    "changes nothing": ("return sorted(x)", "call(f, [2, 1]).args == ([2, 1],)"),
    "object array": (
        "return np.array(['a', None, x], dtype=object)",
        "list(f(1)) == ['a', None, 1]",
    ),
    "structured": (
        "return np.array([(1, x)], dtype=[('a', 'i8'), ('b', 'f4')])",
        "f(2)['b'].tolist() == [2.0] and f(2).dtype.names == ('a', 'b')",
    ),
    "function in a dict": ("return {'f': len, 'n': x}", "f(1)['f']([1]) == 1 and f(1)['n'] == 1"),
}

HELPERS = """
import asyncio, collections, dataclasses, datetime, enum, functools, sys, warnings
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
@dataclasses.dataclass
class Point:
    x: int
    tags: list
Pair = collections.namedtuple('Pair', 'a b')
class Mine(pd.DataFrame):
    pass
class Level(enum.IntEnum):
    HIGH = 3
async def later(x):
    await asyncio.sleep(0)
    return x
def kw(a, *, b):
    return a + b
""".strip()


def test_honest_but_odd_answers_have_full_points():
    """The value or the function is right, whatever it is made of; all in one notebook."""
    setup = "import collections, datetime, math\nimport numpy as np\nimport pandas as pd\n"
    setup += "from autograde.checks import call, plain"
    cells, answers, about = [locked(setup, side="grader")], {}, {}
    for number, (what, (body, condition)) in enumerate(ODD.items()):
        name = f"odd{number}"
        about[name] = what
        cells += [task(name, "return x"), check(name, f"f = {name}\nassert {condition}")]
        asynchronous = "async " if "await" in body or what == "async generator" else ""
        body = body.replace("{0}", name).replace("{{", "{").replace("}}", "}")
        answers[name] = f"{asynchronous}def {name}(x):\n    {body}"
    files = {
        "helper.py": b"def double(x):\n    return 2 * x\n",
        "pack/__init__.py": b"",
        "pack/inner.py": b"def four():\n    return 4\n",
    }
    release = lab(*cells)
    result, _ = grade(release, hand_in(release, answers, before=[HELPERS]), files)
    lost = {about[v.task]: (v.reason, v.detail) for v in result.verdicts if v.score != 10}
    assert lost == {}


def test_a_released_free_cell_may_be_changed():
    """Star imports and extra imports in the free cell of the release cost nothing."""
    trial = lab(
        free("import numpy as np"),
        task("double", "return 2 * x"),
        check("double", "assert np.allclose(double(np.ones(2)), 2)"),
    )
    result, _ = grade(
        trial,
        hand_in(
            trial,
            {"double": "def double(x):\n    return add(x, x)"},
            before=["from numpy import *\nfrom os import *"],
        ),
    )
    assert result.score == 10
