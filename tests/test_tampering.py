"""Hostile notebooks: nothing but an answer earns points, and nothing stops the grading.

Each attack is graded by the real machinery. Several share a notebook where they cannot help or
hinder one another: a task each. ``triple`` is answered honestly beside most of them, because an
attack must not cost another task either.
"""

import dataclasses
import itertools
import json
import time

import pytest

from autograde import execute
from autograde.testing import check, free, grade, hand_in, lab, locked, task
from autograde.verdict import Status

FAULTS = {Status.WRONG, Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY}
HONEST = "def triple(x):\n    return 3 * x"
SETUP = "import numpy as np\nimport pandas as pd\nfrom autograde.checks import call, plain, require"
VISIBLE = "assert {0}(1) == 2, 'twice one is two'"
HIDDEN = """
import unittest
from hidden import right, Judge
require(right({0}), "the frame is not doubled")
np.testing.assert_allclose({0}(np.arange(3.0)), [0.0, 2.0, 4.0])
pd.testing.assert_frame_equal({0}(pd.DataFrame({{"a": [1]}})), pd.DataFrame({{"a": [2]}}))
np.testing.assert_equal(len({0}([1])), 2)
Judge.function = {0}
found = unittest.TextTestRunner(stream=open("/dev/null", "w")).run(unittest.makeSuite(Judge)) \\
    if hasattr(unittest, "makeSuite") else unittest.TestResult()
assert found.wasSuccessful() and not found.skipped
""".strip()
MODULE = b'''
import unittest
import pandas as pd


def right(function):
    """Whether a frame is doubled."""
    return bool((function(pd.DataFrame({"a": [1, 2]})) == pd.DataFrame({"a": [2, 4]})).all().all())


class Judge(unittest.TestCase):
    def test(self):
        self.assertEqual(type(self).function(4), 8)
'''


def bench(*names, **limits):
    """A lab whose tasks are all to double, and one that is to triple."""
    cells = [locked(SETUP, side="grader")]
    for name in names:
        cells += [
            task(name, "return 2 * x"),
            check(name, VISIBLE.format(name), HIDDEN.format(name)),
        ]
    cells += [task("triple", "return 3 * x"), check("triple", "assert triple(5) == 15")]
    return lab(*cells, private={"hidden.py": MODULE}, **{"cell_seconds": 5, **limits})


def verdicts(result):
    """Verdicts by task."""
    return {v.task: v for v in result.verdicts}


def attacked(release, answers, *, files=None, **places):
    """Grade it; the machinery must not have failed, and no attacked task may have points."""
    begun = time.monotonic()
    result, notebook = grade(release, hand_in(release, answers, **places), files)
    assert time.monotonic() - begun < 60
    assert result.status == "graded", [v.detail for v in result.verdicts]
    assert len(json.dumps(notebook)) < 2_000_000
    assert len(result.model_dump_json()) < 200_000
    return verdicts(result)


ONE = bench("double")

PRELUDE = "import sys, os, builtins, time, threading, gc, ctypes, importlib\n"
ZERO = "def double(x):\n    return 0"

#: Attacks that use up a time limit, or wait for a message that never comes.
LENGTHY = {
    *("builtins", "a builtin that everything needs", "IPython's events and displays", "a fork"),
    *("the kernel's attributes", "scores in the output", "deletions", "clocks"),
    *("no number", "a string for a handle", "impossible handle", "another socket in its place"),
    *("a million lists", "closed", "kill the group", "huge claim", "numbers as arrays", "a cycle"),
    *("hostile handle", "plain of everything", "a name with markup", "missing"),
}


def each(attacks):
    """Names of attacks, the lengthy ones marked as slow."""
    return [pytest.param(a, marks=pytest.mark.slow) if a in LENGTHY else a for a in attacks]


PATCHES = {
    "assert helpers": """
import pandas.testing, numpy.testing, unittest, pytest
nothing = lambda *a, **k: None
for module in (pandas.testing, numpy.testing, pandas._testing, numpy.testing._private.utils):
    for name in list(vars(module)):
        if name.startswith('assert'):
            setattr(module, name, nothing)
for name in dir(unittest.TestCase):
    if name.startswith('assert'):
        setattr(unittest.TestCase, name, nothing)
class Anything:
    def __enter__(self): return self
    def __exit__(self, *a): return True
pytest.raises = lambda *a, **k: Anything()
""",
    "comparison methods": """
import pandas as pd, numpy as np
pd.DataFrame.__eq__ = pd.DataFrame.equals = pd.Series.equals = lambda self, other: True
pd.DataFrame.all = pd.Series.all = lambda self, *a, **k: True
np.all = np.allclose = np.array_equal = lambda *a, **k: True
""",
    "builtins": """
for name in ('isinstance', 'all', 'any', 'abs', 'sum', 'bool'):
    setattr(builtins, name, lambda *a, **k: True)
builtins.AssertionError = type('Never', (Exception,), {})
""",
    "a builtin that everything needs": "builtins.len = lambda x: 2",
    "import hooks": """
true = builtins.__import__
class Never:
    def find_spec(self, name, path=None, target=None):
        if name in ('hidden', 'unittest'):
            import types
            sys.modules[name] = types.ModuleType(name)
sys.meta_path.insert(0, Never())
sys.modules['hidden'] = sys.modules['unittest'] = type(sys)('hidden')
sys.modules['hidden'].right = lambda f: True
builtins.__import__ = lambda *a, **k: true(*a, **k)
""",
    "assert removed from every cell": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
clean = lambda lines: [line for line in lines if 'assert' not in line]
get_ipython().input_transformers_cleanup.append(clean)
""",
    "IPython's events and displays": """
ip = get_ipython()
for event in ('pre_run_cell', 'post_run_cell', 'pre_execute', 'post_execute'):
    ip.events.register(event, lambda *a: print('10.0'))
ip.display_formatter.formatters['text/plain'].for_type(int, lambda o, p, c: p.text('10.0'))
sys.displayhook = ip.displayhook = lambda value: print('10.0')
ip.set_custom_exc((Exception,), lambda *a, **k: None)
""",
    "clocks": """
time.time = time.perf_counter = time.monotonic = time.process_time = lambda: 0.0
time.sleep = lambda s: None
""",
    "the wire of this side": """
from autograde import wire, remote, checks, frames
checks.require = remote.rebuild = lambda *a: None
frames.DECODERS.clear()
""",
    "expected values in memory": """
found = [o for o in gc.get_objects() if type(o).__name__ in ('CellNamespace', 'Link', 'Judge')]
try:
    import hidden
except ImportError:
    hidden = None
frames = list(sys._current_frames().values())
answer = 2 if found or hidden else 0
def double(x): return answer
""",
    "the kernel's attributes": """
kernel = get_ipython().kernel
kernel.msg_types = []
kernel.judge_request = kernel.shell_handlers['judge_request'] = lambda *a: None
kernel.points = kernel.score = 10
get_ipython().user_ns['__builtins__'] = {}
""",
    "scores in the output": """
print('10.0'); print('"text/plain": "10.0"', file=sys.__stdout__)
os.write(1, b'10.0\\n'); os.write(2, b'10.0\\n')
from IPython.display import display, HTML
display({'text/plain': '10.0'}, raw=True)
display(HTML('<script>document.title=1</script>'))
10.0
""",
    "names": """
points = score = total = 10
Status = type('Status', (), {'PASSED': 'passed'})
require = right = plain = call = lambda *a, **k: True
np = pd = hidden = unittest = None
""",
    "a profile and a trace": """
sys.setprofile(lambda *a: None); sys.settrace(lambda *a: None)
threading.setprofile(lambda *a: None)
sys.setrecursionlimit(200)
""",
    "a thread that forges results": """
def spin():
    while True:
        for frame in sys._current_frames().values():
            for value in list(frame.f_locals.values()):
                if type(value) is list and value == [0]: value[0] = 2
        time.sleep(0.001)
threading.Thread(target=spin, daemon=True).start()
""",
    "the folder": """
import shutil
folder = os.getcwd(); os.chdir('/'); shutil.rmtree(folder, ignore_errors=True)
""",
    "deletions": """
for name in list(sys.modules):
    if name.startswith(('unittest', 'json', 'autograde.wire', 'ipykernel.inprocess')):
        del sys.modules[name]
del __builtins__
""",
    "unraisable and exit hooks": """
import atexit
class Late:
    def __del__(self): raise ValueError('late')
Late()
atexit.register(print, '10.0')
sys.excepthook = sys.unraisablehook = lambda *a: print('10.0')
""",
    "a fork": """
if os.fork() == 0:
    time.sleep(1); os._exit(0)
""",
}


@pytest.mark.parametrize("what", each(PATCHES))
def test_changing_the_candidates_own_process_earns_nothing(what):
    """Whatever is patched over there, the checks are run here; the other task keeps its points."""
    found = attacked(ONE, {"double": ZERO, "triple": HONEST}, before=[PRELUDE + PATCHES[what]])
    assert found["double"].score == 0
    assert found["double"].status in FAULTS
    assert found["triple"].score == 10 or what in {"a builtin that everything needs", "builtins"}


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
    "equal to everything": "return Equal()",
    "a class equal to everything": "return Lying",
    "an instance of it": "return Lying()",
    "int": "return lying(int)(7)",
    "float": "return lying(float)(7)",
    "str": "return lying(str)('7')",
    "list": "return lying(list)([7])",
    "dict": "return lying(dict)(a=7)",
    "tuple": "return lying(tuple)((7,))",
    "array": "return numpy.zeros(3).view(lying(numpy.ndarray))",
    "object array": "return numpy.array([Equal(), Equal()], dtype=object)",
    "frame": "return lying(pandas.DataFrame)({'a': [7]})",
    "frame of them": "return pandas.DataFrame({'a': [Equal()]})",
    "nested": "return [Equal(), {'a': Equal()}]",
    "dict key": "return {Equal(): Equal()}",
    "its own argument": "return x",
    "itself": "return double",
    "not implemented": "return NotImplemented",
    "nan": "return float('nan')",
    "NA": "return pandas.NA",
    "none": "return None",
    "true": "return True",
    "mock": "import unittest.mock; return unittest.mock.MagicMock()",
    "any": "import unittest.mock; return unittest.mock.ANY",
    "module": "import numpy as module; return module",
    "generator": "return (2 for _ in range(3))",
    "endless": "import itertools; return itertools.repeat(2)",
    "coroutine of it": "\n    async def later(): return Equal()\n    return later()",
    "frame object": "import sys; return sys._getframe(1)",
    "score": "return 10",
}

RAISES = {
    "Wrong": "raise type('Wrong', (AssertionError,), {'__module__': 'autograde.checks'})('10')",
    "skip": "import pytest; pytest.skip('10')",
    "fail": "import pytest; pytest.fail('10')",
    "xfail": "import pytest; pytest.xfail('10')",
    "skip of unittest": "import unittest; raise unittest.SkipTest('10')",
    "assume": "import hypothesis; hypothesis.assume(False)",
    "timed out": "import autograde.remote as r; raise r.TimedOut('x')",
    "grading error": "import autograde.errors as e; raise e.GradingError('x')",
    "no value": "import autograde.wire as w; raise w.NotPlain('x')",
    "stop": "raise StopIteration",
    "async stop": "raise StopAsyncIteration",
    "generator exit": "raise GeneratorExit",
    "system exit": "raise SystemExit(0)",
    "interrupt": "raise KeyboardInterrupt",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "memory": "raise MemoryError",
    "recursion": "return double(x)",
    "group": "raise BaseExceptionGroup('g', [KeyboardInterrupt(), ValueError()])",
    "base": "raise BaseException('base')",
    "not implemented": "raise NotImplementedError",
    "no arguments": "import subprocess; raise subprocess.CalledProcessError(1, 'x')",
    "surrogate": "raise ValueError('\\ud800')",
    "ten megabytes": "raise ValueError('m' * 10_000_000)",
    "markup": "raise ValueError('<script>alert(1)</script>\\x1b[31m\\x00')",
    "no text": "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})()",
    "chain": "raise type('a' * 100_000, (ValueError,), {'__module__': 'b' * 100_000})()",
    "assertion": "assert False, '10'",
    "import error": "import hidden",
    "warning": "raise UserWarning('x')",
    "unicode": "b'\\xff'.decode()",
}


def chunks(mapping, size):
    """The mapping in pieces, each with a name for pytest."""
    pieces = itertools.batched if hasattr(itertools, "batched") else _batched
    return [pytest.param(dict(p), id=f"{p[0][0]}...") for p in pieces(mapping.items(), size)]


def _batched(items, size):
    """``itertools.batched`` of Python 3.12."""
    iterator = iter(items)
    while piece := tuple(itertools.islice(iterator, size)):
        yield piece


def several(bodies):
    """A lab with a task for each body, and the answers; the bodies call themselves ``double``."""
    names = [f"task{number}" for number in range(len(bodies))]
    answers = {
        name: f"def {name}(x):\n    double = {name}\n    {body}"
        for name, body in zip(names, bodies, strict=True)
    }
    return bench(*names), answers, names


@pytest.mark.parametrize("lies", chunks(LIES, 10))
def test_an_object_that_claims_to_be_right_is_not(lies):
    """Comparison, truth and class are the candidate's word, and nobody takes it."""
    release, answers, names = several(lies.values())
    found = attacked(release, {**answers, "triple": HONEST}, before=[EQUAL])
    for name, what in zip(names, lies, strict=True):
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


@pytest.mark.parametrize("raises", chunks(RAISES, 10))
def test_no_exception_of_an_answer_means_anything_to_the_judge(raises):
    """Classes that skip, excuse or blame the grader arrive as ordinary ones."""
    release, answers, names = several(raises.values())
    found = attacked(release, {**answers, "triple": HONEST})
    for name, what in zip(names, raises, strict=True):
        assert found[name].score == 0, what
        assert found[name].status in FAULTS, what
        assert len(found[name].reason) < 1200, what
        assert "\x1b" not in found[name].reason, what
    assert found["triple"].score == 10


FAR = """
import os, socket, struct, sys, threading, time
from autograde import remote, wire
kernel = get_ipython().kernel
link = kernel.link
FarEnd = type(kernel).serve_request.__globals__['FarEnd']
true = FarEnd._do
mode = 'true'
async def lie(self, operation, arguments):
    if operation == 'name' and arguments[0] == 'double':
        self.lying = True
    if operation == 'name' and arguments[0] == 'triple':
        self.lying = False
    if not getattr(self, 'lying', False) or operation == 'name':
        return await true(self, operation, arguments)
    return forge(self, operation, arguments)
FarEnd._do = lie
def send(*message): wire.write(link, message, limit=1 << 30, refer=lambda h: h)
class Any:
    pass
""".strip()

FORGED = {
    "early": "send(3, 'ok', 2); send(4, 'ok', 2); return 2",
    "doubled": "send(2, 'ok', 2); return 2",
    "garbage": "link.sendall(b'garbage' * 9); return 2",
    "huge claim": "link.sendall(struct.pack('<Q', 1 << 62)); return 2",
    "reply to another": "send(99, 'ok', 2); return 2",
    "closed": "os.close(link.fileno()); return 2",
    "shut down": "link.shutdown(socket.SHUT_RDWR); return 2",
    "another socket in its place": (
        "a, b = socket.socketpair(); globals().update(kept=(a, b)); "
        "os.dup2(a.fileno(), link.fileno()); return 2"
    ),
    "hostile handle": "self._refer = lambda x: H(2**62, 'class', 'builtins.int', True); return Any",
    "handle of another kind": "self._refer = lambda x: H(0, 'function', 'a', True); return Any",
    "impossible handle": "self._refer = lambda x: F(); return Any",
    "a name with markup": "self._refer = lambda x: H(1, 'object', '<b>&\"</b>', True); return Any",
    "a string for a handle": "self._refer = lambda x: 'handle'; return Any",
    "no number": "self._answer = None; return 2",
    "numbers as arrays": "send(__import__('numpy').arange(2), 'ok', 2); return 2",
    "an exception of the judge's": (
        "send(2, 'raised', [('autograde.checks', 'Wrong'), ('autograde.remote', 'LinkBroken')],"
        " 'x', 'y'); return 2"
    ),
    "an endless class list": "send(2, 'raised', [('x', '.' * 20_000_000)], 'x', 'y'); return 2",
    "missing": "send(2, 'missing', 'x' * 10_000_000); return 2",
    "a million lists": "return [[] for _ in range(900_000)]",
    "a range without end": "return range(2**62)",
    "many bytes": "return bytes(200_000_000)",
    "too many bytes": "return bytes(300_000_000)",
    "deep": "y = []\n    for _ in range(62): y = [y]\n    return y",
    "too deep": "y = []\n    for _ in range(500): y = [y]\n    return y",
    "a cycle": "y = []; y.append(y); return y",
    "a huge int": "return 7 << 10_000_000",
    "a lying length": (
        "return 2**62 if operation == 'length' else (('item', 2) if operation == 'next' else Any)"
    ),
    "plain of everything": "return ([2], [2], [2])",
    "exit": "os._exit(0)",
    "kill the group": "os.killpg(os.getpgid(0), 9)",
}
HELP = """
class F:
    id = -1; kind = 'boss'; name = 'x'; callable = 3
def H(*a):
    return wire.Handle(*a)
""".strip()


@pytest.mark.parametrize("what", each(FORGED))
def test_a_forged_conversation_earns_nothing(what):
    """The far end may say what it likes: that task is lost, and nothing else."""
    forge = f"{FAR}\n{HELP}\ndef forge(self, operation, arguments):\n    {FORGED[what]}"
    found = attacked(ONE, {"double": ZERO, "triple": HONEST}, before=[forge])
    assert found["double"].score == 0
    assert found["double"].status in FAULTS
    assert found["triple"].score == 10


SLOW = {
    "link without a file": "link.detach(); return 2",
    "drip": (
        "link.sendall(struct.pack('<Q', 100))\n    while True: link.sendall(b'A'); time.sleep(.05)"
    ),
    "silence": "time.sleep(1000)",
    "a thread that stops the world": (
        "sys.setswitchinterval(1000); threading.Thread(target=lambda: sum(iter(int, 1)),"
        " daemon=True).start(); return 2"
    ),
    "stopped": "os.kill(os.getpid(), 19)",
    "an endless iterator": "return ('item', 2) if operation == 'next' else Any",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SLOW)
def test_a_far_end_that_stalls_costs_its_own_time(what):
    """Until the limit of the check, and no longer."""
    release = bench("double", cell_seconds=2)
    forge = f"{FAR}\ndef forge(self, operation, arguments):\n    {SLOW[what]}"
    found = attacked(release, {"double": ZERO, "triple": HONEST}, before=[forge])
    assert found["double"].score == 0
    assert found["double"].status in FAULTS
    assert found["double"].wall < 20
    assert found["triple"].score == 10


FORGE = """
kernel = get_ipython().kernel
session = kernel.session
sockets = (kernel.iopub_socket, kernel.shell_stream)
def publish(kind, content, parent=None, change=None):
    parent = kernel.get_parent() if parent is None else parent
    header = session.msg_header(kind)
    header.update(change or {})
    message = {'header': header, 'parent_header': parent.get('header', {}), 'metadata': {},
               'content': content}
    kernel.iopub_socket.send_multipart([b'x'] + session.serialize(message))
""".strip()

MESSAGES = {
    "a version that is a number": "publish('stream', {'name': 'stdout'}, change={'version': 5})",
    "no version": "publish('stream', {'name': 'stdout'}, change={'version': None})",
    "a date that is none": "publish('stream', {'name': 'stdout'}, change={'date': 'now' * 99})",
    "a version without number": "publish('stream', {}, change={'version': 'x.y'})",
    "idle too early": "publish('status', {'execution_state': 'idle'})",
    "a state that is a list": "publish('status', {'execution_state': ['idle']})",
    "a parent that is a list": "publish('stream', {'name': 'x', 'text': 'y'}, {'header': [1]})",
    "content that is a list": "publish('stream', [1, 2])",
    "unsigned": ("kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'', *[b'{}'] * 4])"),
    "noise": "kernel.iopub_socket.send_multipart([b'\\xff' * 100] * 3)",
    "no parts": "kernel.iopub_socket.send_multipart([b''])",
    "a thousand delimiters": "kernel.iopub_socket.send_multipart([b'<IDS|MSG>'] * 1000)",
    "deep": "publish('stream', {'name': 'stdout', 'text': eval('[' * 90 + ']' * 90)})",
    "a score": "publish('execute_result', {'data': {'text/plain': '10.0'}, 'execution_count': 1})",
    "empty displays": (
        "[publish('display_data', {'data': {'text/plain': ''}}) for _ in range(3000)]"
    ),
    "clearing": "[publish('clear_output', {}) for _ in range(100)]",
    "a reply too early": (
        "session.send(kernel.shell_stream, 'execute_reply', {'status': 'ok'},"
        " kernel.get_parent(), ident=kernel._parent_ident.get('shell'))"
    ),
    "another key": "session.key = b'x'",
    "no heart": "kernel.iopub_thread.stop() if hasattr(kernel.iopub_thread, 'stop') else None",
}


@pytest.mark.parametrize("messages", chunks({k: MESSAGES[k] for k in list(MESSAGES)[:-3]}, 8))
def test_forged_kernel_messages_do_not_stop_the_grading(messages):
    """The candidate knows the key of its kernel's messages; what it sends is only text to us."""
    cells = [
        f"{FORGE}\ntry:\n    {code}\nexcept Exception as error:\n    print(error)"
        for code in messages.values()
    ]
    found = attacked(ONE, {"double": ZERO, "triple": HONEST}, before=cells)
    assert found["double"].score == 0
    assert found["triple"].score == 10


@pytest.mark.slow
@pytest.mark.parametrize("what", list(MESSAGES)[-3:])
def test_a_kernel_that_cannot_be_heard_is_replaced(what):
    """An own cell that breaks the kernel's messages is left out, and the answers count."""
    release = bench("double", cell_seconds=3)
    found = attacked(
        release, {"double": ZERO, "triple": HONEST}, before=[f"{FORGE}\n{MESSAGES[what]}"]
    )
    assert found["double"].score == 0
    assert found["triple"].score == 10


SHADOWS = (
    *("hidden", "numpy", "pandas", "ipykernel_launcher", "ipykernel", "IPython", "autograde"),
    *("random", "json", "socket", "asyncio", "sqlite3", "sitecustomize", "usercustomize", "comm"),
    *("jedi", "debugpy", "matplotlib_inline", "psutil", "zmq", "tornado", "traitlets", "unittest"),
    *("storemagic", "appnope", "numexpr", "bottleneck", "pytest", "conftest", "_virtualenv"),
)


@pytest.mark.parametrize("how", ["{}.py", "{}/__init__.py"])
def test_submitted_files_do_not_replace_what_starts_or_judges(how):
    """Modules that shadow the kernel's, the judge's or a library's optional ones."""
    evil = b"def right(f): return True\nclass Judge: pass\nraise SystemExit('shadow')\n"
    files = {how.format(name): evil for name in SHADOWS}
    files |= {".ipython/profile_default/startup/00.py": evil, "ipython_config.py": evil}
    found = attacked(ONE, {"double": ZERO, "triple": HONEST}, files=files)
    assert found["double"].score == 0
    assert found["triple"].score == 10


def test_submitted_files_do_not_take_the_place_of_the_labs_own():
    """A file where the lab has a folder, a folder where it has a file, and impossible names."""
    release = dataclasses.replace(ONE, public={"data/x.csv": b"1", "y.csv": b"2"})
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


def test_an_answer_that_knows_the_second_call_is_called_with_fresh_inputs():
    """Remembering what the visible calls want helps with no other input."""
    learned = "SEEN = []\ndef double(x):\n    SEEN.append(x)\n    return 2 if len(SEEN) < 3 else 8"
    found = attacked(ONE, {"double": learned, "triple": HONEST})
    assert found["double"].score == 0


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


# --- what only the sandbox can close ---------------------------------------------------------

REACH = {
    "the hidden tests' file": "import glob; assert glob.glob('../grader/hidden.py')",
    "the key of the grader's kernel": "assert open('../sockets/autograde.grader.json').read()",
    "the grader's process": (
        "import psutil, os\nnames = [' '.join(p.cmdline()) for p in psutil.Process(os.getppid())"
        ".children()]\nassert any('autograde.grader' in n for n in names)"
    ),
}


@pytest.mark.xfail(reason="there is no sandbox around the candidate's kernel yet", strict=False)
@pytest.mark.parametrize("what", REACH)
def test_the_graders_side_is_out_of_reach(what):
    """Files, sockets and processes of the grader do not exist for the candidate."""
    reach = f"{REACH[what]}\nFOUND = True\ndef triple(x):\n    return 3 * x"
    result, _ = grade(ONE, hand_in(ONE, {"double": "FOUND\n" + ZERO, "triple": reach}))
    assert verdicts(result)["triple"].score == 0


@pytest.mark.xfail(reason="cells after a check may print what its hidden calls were given")
def test_inputs_of_hidden_calls_are_not_printed_by_later_cells():
    """An answer that records its inputs, and an own cell that prints them, learn nothing."""
    release = lab(
        task("double", "return 2 * x"),
        check("double", "assert double(1) == 2", f"assert double({SECRET}) == {2 * SECRET}"),
    )
    record = "SEEN = []\ndef double(x):\n    SEEN.append(x)\n    return 2 * x"
    show = {"check_double": "print(SEEN)"}
    _, notebook = grade(release, hand_in(release, {"double": record}, after=show))
    assert str(SECRET) not in json.dumps(notebook)


# --- honest and odd ---------------------------------------------------------------------------

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

KINDS = {
    "class with __call__": "class T:\n    def __call__(self, x): return 2 * x\n{0} = T()",
    "partial": "import functools, operator\n{0} = functools.partial(operator.mul, 2)",
    "bound method": "class M:\n    def go(self, x): return 2 * x\n{0} = M().go",
    "static method": "class S:\n    @staticmethod\n    def go(x): return 2 * x\n{0} = S.go",
    "lambda": "{0} = lambda x: 2 * x",
    "decorated": (
        "import functools\ndef wrap(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a)\n"
        "    return inner\n@wrap\ndef {0}(x): return 2 * x"
    ),
    "cached": "import functools\n@functools.lru_cache\ndef {0}(x): return 2 * x",
    "ufunc": "import numpy\n{0} = numpy.frompyfunc(lambda x: 2 * x, 1, 1)",
    "builtin": "{0} = (2).__mul__",
    "class itself": "class {0}(int):\n    def __new__(cls, x): return 2 * x",
    "timed by a magic": "%time y = 3\ndef {0}(x): return 2 * x",
    "captured": "%%capture out\nprint('hidden')\ndef {0}(x): return 2 * x",
    "magics around": (
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!true\n"
        "def {0}(x): return 2 * x\n{0}?"
    ),
    "korean": "def 두배(값): return 2 * 값\n{0} = 두배",
    "annotated": "from __future__ import annotations\ndef {0}(x: Unknown) -> Missing: return 2 * x",
    "overwritten later": "def {0}(x): return 0\ndef {0}(x): return 2 * x",
    "shadows": "list = dict = 3\nfrom math import *\ndef {0}(x, sum=2): return sum * x",
    "global state": "count = 0\ndef {0}(x):\n    global count; count += 1\n    return 2 * x",
    "main guard": "def {0}(x): return 2 * x\nif __name__ == '__main__': print({0}(1))",
    "async function": "async def {0}(x): return 2 * x",
}


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
    for number, (what, source) in enumerate(KINDS.items()):
        name = f"kind{number}"
        about[name] = what
        cells += [task(name, "return x"), check(name, f"assert {name}(2) == 4")]
        answers[name] = source.replace("{0}", name)
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
