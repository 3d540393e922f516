"""The near end of the link against a peer that says what it likes."""

import copy
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import unittest

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde import remote, wire
from autograde.remote import (
    Died,
    Flooded,
    Garbled,
    Link,
    LinkBroken,
    Missing,
    NoValue,
    Remote,
    TimedOut,
)

MIB = 1024 * 1024


@pytest.fixture
def talk():
    """Start a peer: ``talk(answer)`` gives a link; ``answer(socket, request)`` runs for each."""
    near, far = socket.socketpair()
    threads = []

    def serve(answer):
        while True:
            try:
                request = wire.read(far, limit=remote.LIMIT)
            except (EOFError, OSError):
                return
            try:
                if answer(far, request) == "stop":
                    return
            except OSError:  # the near end has hung up
                return

    def start(answer):
        thread = threading.Thread(target=serve, args=(answer,))
        thread.start()
        threads.append(thread)
        link = Link(near)
        link.budget = 5.0
        return link

    yield start
    for side in (near, far):
        try:
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed by the peer's script
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    near.close()
    far.close()


def send(sock, message):
    """Send a message; a handle in it goes as what it is."""
    wire.write(sock, message, refer=lambda handle: handle, limit=remote.LIMIT)


def replies(*answers):
    """A peer that gives these outcomes in turn, each to the request's own number."""
    left = list(answers)

    def answer(sock, request):
        send(sock, (request[0], *left.pop(0)))

    return answer


def stand_in(number=1, kind="object", name="Thing", can_call=True):
    """A handle, as the peer sends it."""
    return wire.Handle(number, kind, name, can_call)


def test_one_question_one_answer(talk):
    """Values come by value, everything else as a stand-in, and each reply is a contact."""
    link = talk(replies(("ok", [1, 2.5]), ("ok", stand_in(name="Über")), ("ok", None)))
    assert link.request("name", "x") == [1, 2.5]
    thing = link.request("name", "y")
    assert isinstance(thing, Remote)
    assert repr(thing) == "<the candidate's object Über>"
    assert thing(1, k=2) is None
    assert link.contacts == 3
    assert link.broken is None


def test_what_the_peer_is_asked(talk):
    """Operation, stand-in and arguments, with numbers that count up."""
    heard = []

    def answer(sock, request):
        heard.append(request)
        send(sock, (request[0], "ok", stand_in()))

    link = talk(answer)
    thing = remote.name(link, "f")
    thing(1, key=[2])
    _ = thing.attribute
    _ = thing["key"]
    wire_thing = stand_in()
    assert heard == [
        (1, "name", "f"),
        (2, "call", wire_thing, [1], {"key": [2]}),
        (3, "attribute", wire_thing, "attribute"),
        (4, "item", wire_thing, "key"),
    ]


def frame(payload):
    """A frame of the wire around these bytes."""
    return struct.pack("<Q", len(payload)) + payload


def raw(data):
    """A peer that sends these bytes, whatever it is asked."""
    return lambda sock, request: sock.sendall(data)


def value(make):
    """A peer whose reply is the whole message that ``make(number)`` gives."""
    return lambda sock, request: send(sock, make(request[0]))


GARBLED = {
    "noise": raw(b"\xff" * 64),
    "huge length": raw(struct.pack("<Q", 1 << 62)),
    "just above the limit": raw(struct.pack("<Q", remote.LIMIT + 1)),
    "empty frame": raw(frame(b"")),
    "magic only": raw(frame(b"AGW1")),
    "huge header claim": raw(frame(b"AGW1" + struct.pack("<II", 2**32 - 1, 0))),
    "huge blob count": raw(frame(b"AGW1" + struct.pack("<II", 2, 2**32 - 1) + b"[]")),
    "pickle": raw(frame(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.")),
    "earlier number": value(lambda n: (n - 1, "ok", 1)),
    "later number": value(lambda n: (n + 1, "ok", 1)),
    "number as float": value(lambda n: (float(n), "ok", 1)),
    "number as bool": value(lambda n: (True, "ok", 1)),
    "number as array": value(lambda n: (np.array([n]), "ok", 1)),
    "number as NA": value(lambda n: (pd.NA, "ok", 1)),
    "number as stand-in": value(lambda n: (stand_in(), "ok", 1)),
    "outcome as array": value(lambda n: (n, np.array(["ok"]), 1)),
    "outcome as stand-in": value(lambda n: (n, stand_in(), 1)),
    "no outcome": value(lambda n: (n,)),
    "no value": value(lambda n: (n, "ok")),
    "two values": value(lambda n: (n, "ok", 1, 2)),
    "unknown outcome": value(lambda n: (n, "maybe", 1)),
    "a list": value(lambda n: [n, "ok", 1]),
    "None": value(lambda n: None),
    "a string": value(lambda n: "ok"),
    "a stand-in": value(lambda n: stand_in()),
    "missing, unasked": value(lambda n: (n, "missing", "x")),
    "bases are a string": value(lambda n: (n, "raised", "ValueError", "", "")),
    "message is bytes": value(lambda n: (n, "raised", [], b"", "")),
    "no place": value(lambda n: (n, "raised", [], "")),
}


@pytest.mark.parametrize("how", GARBLED)
def test_a_reply_that_is_none_ends_the_link(talk, how):
    """At once, as a broken link; later requests are not even sent."""
    link = talk(GARBLED[how])
    begun = time.monotonic()
    with pytest.raises(Garbled):
        link.request("call", None)
    assert time.monotonic() - begun < 2
    assert link.broken
    with pytest.raises(Garbled):
        link.request("call", None)
    link.tell_end()


def test_a_doubled_reply_breaks_the_next_request(talk):
    """The second copy is an answer to nothing."""

    def answer(sock, request):
        for _ in range(2):
            send(sock, (request[0], "ok", 1))

    link = talk(answer)
    assert link.request("name", "x") == 1
    with pytest.raises(Garbled):
        link.request("name", "x")


@pytest.mark.parametrize(
    ("peer", "good"),
    [
        (value(lambda n: (n, "ok", None)), True),
        (value(lambda n: (n, "ok", stand_in())), True),
        (value(lambda n: (n, "raised", [("builtins", "SystemExit")], "", "")), True),
        (value(lambda n: (n - 1, "ok", None)), False),
        (raw(b"x" * 99), False),
        (lambda sock, _: "stop", False),
    ],
)
def test_the_end_of_a_conversation_is_agreed_on(talk, peer, good):
    """Whatever the peer makes of it: no exception, soon, and only a plain yes keeps the link."""
    link = talk(peer)
    begun = time.monotonic()
    link.tell_end()
    assert time.monotonic() - begun < 3
    assert good is (link.broken is None)


def test_a_reply_too_many_is_found_at_the_end(talk):
    """It must not be taken for an answer to the next test's first request."""

    def answer(sock, request):
        for _ in range(2):
            send(sock, (request[0], "ok", 1))

    link = talk(answer)
    assert link.request("name", "x") == 1
    link.tell_end()
    assert link.broken


def test_a_peer_that_hangs_up_has_died(talk):
    """Before the reply, or inside it."""

    def answer(sock, request):
        sock.sendall(struct.pack("<Q", 100) + b"AGW1")
        sock.shutdown(socket.SHUT_RDWR)

    link = talk(answer)
    with pytest.raises(Died):
        link.request("name", "x")


def drip(sock, _):
    """Send a byte now and then, for ever."""
    sock.sendall(struct.pack("<Q", 100))
    while True:
        sock.sendall(b"A")
        time.sleep(0.02)


@pytest.mark.parametrize("peer", [lambda sock, _: None, drip])
def test_silence_and_dripping_end_at_the_deadline(talk, peer):
    """Neither a mute nor a busy peer is waited for longer than the budget."""
    link = talk(peer)
    link.budget = 0.4
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        link.request("name", "x")
    assert 0.3 < time.monotonic() - begun < 2
    assert 0.3 < link.waited < 2
    assert link.contacts == 0


def test_a_peer_that_does_not_read_is_not_waited_for(talk):
    """A large argument fills the socket; writing it must end at the deadline too."""
    link = talk(lambda sock, _: "stop")
    link.budget = 0.4
    with pytest.raises(TimedOut):
        link.request("name", "x")
    link.broken, link.budget = None, 0.8
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        link.request("call", bytes(16 * MIB))
    assert time.monotonic() - begun < 2


def test_the_budget_is_one_for_all_requests(talk):
    """Many quick answers use it up as one slow answer does."""

    def answer(sock, request):
        time.sleep(0.05)
        send(sock, (request[0], "ok", stand_in()))

    link = talk(answer)
    link.budget = 0.5
    thing = remote.name(link, "x")
    with pytest.raises(TimedOut):
        list(map(thing, range(100)))
    assert 3 < link.contacts < 20


def test_replies_to_one_check_are_counted(talk, monkeypatch):
    """All together have a limit, which cuts the reply at hand short, and each check its own."""
    monkeypatch.setattr(remote, "TOTAL", 3 * MIB)
    link = talk(value(lambda n: (n, "ok", bytes(MIB))))
    for _ in range(3):
        link.begin(5.0)
        assert len(link.request("name", "x")) == len(link.request("name", "x")) == MIB
    with pytest.raises(Flooded):
        link.request("name", "x")
    with pytest.raises(LinkBroken):
        link.request("name", "x")


def test_an_endless_iterator_ends_at_the_deadline(talk):
    """``list(x)`` of what never stops."""

    def answer(sock, request):
        found = ("item", 1) if request[1] == "next" else stand_in()
        send(sock, (request[0], "ok", found))

    link = talk(answer)
    thing = remote.name(link, "x")
    link.budget = 0.5
    with pytest.raises(TimedOut):
        for _ in thing:
            pass


def test_a_broken_link_is_caught_by_no_test():
    """A check that catches Exception, or expects one, does not take it for the answer's."""
    assert issubclass(LinkBroken, BaseException)
    assert not issubclass(LinkBroken, Exception)


def test_an_argument_that_cannot_cross_is_the_tests_fault(talk):
    """NotPlain at once, nothing sent, and the link still works."""
    link = talk(replies(("ok", 1)))
    with pytest.raises(wire.NotPlain, match="only data"):
        link.request("call", object())
    assert link.request("name", "x") == 1


def test_a_missing_name_is_the_one_that_was_asked_for(talk):
    """The peer's own word for it, however long, is not repeated."""
    link = talk(replies(("missing", "secret" * 1_000_000)))
    with pytest.raises(Missing) as caught:
        remote.name(link, "double")
    assert caught.value.name == "double"
    assert str(caught.value) == "name 'double' is not defined"


# --- exceptions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bases", "kind"),
    [
        ([("builtins", "ValueError")], ValueError),
        ([("__main__", "Mine"), ("builtins", "KeyError")], KeyError),
        ([("numpy.linalg", "LinAlgError"), ("builtins", "ValueError")], np.linalg.LinAlgError),
        ([("builtins", "SystemExit")], SystemExit),
        ([("builtins", "KeyboardInterrupt")], KeyboardInterrupt),
        ([("builtins", "MemoryError")], MemoryError),
        ([("builtins", "UnicodeDecodeError")], UnicodeDecodeError),
        ([("builtins", "NotImplementedError")], NotImplementedError),
        ([("builtins", "StopIteration")], RuntimeError),
        ([("builtins", "StopAsyncIteration")], RuntimeError),
        ([("builtins", "GeneratorExit")], RuntimeError),
        ([("builtins", "ExceptionGroup"), ("builtins", "Exception")], Exception),
        (
            [("numpy._core._exceptions", "_ArrayMemoryError"), ("builtins", "MemoryError")],
            MemoryError,
        ),
        ([("builtins", "BaseExceptionGroup"), ("builtins", "BaseException")], remote.RemoteError),
        ([("asyncio.exceptions", "CancelledError")], remote.RemoteError),
        ([("subprocess", "CalledProcessError")], remote.RemoteError),
        ([("builtins", "BaseException")], remote.RemoteError),
        ([("builtins", "object")], remote.RemoteError),
        ([("builtins", "print")], remote.RemoteError),
        ([("builtins", "ValueError.__class__")], remote.RemoteError),
        ([("builtins", "")], remote.RemoteError),
        ([("os", "system")], remote.RemoteError),
        ([("no.such.module", "Error")], remote.RemoteError),
        ([("autograde.checks", "Wrong"), ("builtins", "AssertionError")], AssertionError),
        ([("autograde.remote", "TimedOut")], remote.RemoteError),
        ([("autograde.errors", "GradingError")], remote.RemoteError),
        ([("autograde.nodes", "NotPlain"), ("builtins", "TypeError")], TypeError),
        ([("_pytest.outcomes", "Skipped")], remote.RemoteError),
        ([("_pytest.outcomes", "Failed")], remote.RemoteError),
        ([("pytest", "skip.Exception")], remote.RemoteError),
        ([("unittest.case", "SkipTest"), ("builtins", "Exception")], Exception),
        ([("hypothesis.errors", "UnsatisfiedAssumption")], remote.RemoteError),
        ([], remote.RemoteError),
        ([3, None, "ab", ["a"], ("a", 3), ("a" * 10_000_000, "." * 10_000_000)], None),
        ([("builtins", "." * 30_000_000)], remote.RemoteError),
        ([("x", "y")] * 1_000_000, remote.RemoteError),
    ],
)
def test_an_exception_comes_back_as_its_nearest_harmless_class(bases, kind):
    """Python's or an installed library's, never one that steers a test or the grader."""
    assert unittest.SkipTest
    assert hypothesis.errors.UnsatisfiedAssumption
    begun = time.process_time()
    error = remote.rebuild(bases, "text", "line 1")
    assert time.process_time() - begun < 0.2
    assert type(error) is (kind or remote.RemoteError)
    assert remote.is_remote(error)
    assert "text" in str(error) or kind is UnicodeDecodeError
    assert not isinstance(error, remote.LinkBroken)


def test_no_module_is_imported_for_an_exception():
    """Its name is looked up among the loaded ones."""
    assert "antigravity" not in sys.modules
    remote.rebuild([("antigravity", "Error")], "", "")
    assert "antigravity" not in sys.modules


def test_an_exception_of_the_hidden_tests_is_not_made(tmp_path, monkeypatch):
    """A module in the grader's working directory may mean something by its own exceptions."""
    (tmp_path / "hidden_trial.py").write_text("class Fine(Exception):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import hidden_trial

    assert issubclass(hidden_trial.Fine, Exception)
    error = remote.rebuild([("hidden_trial", "Fine"), ("builtins", "KeyError")], "", "")
    assert type(error) is KeyError
    del sys.modules["hidden_trial"]


def test_words_of_an_exception_are_bounded():
    """Ten megabytes of message and place become two thousand and two hundred characters."""
    error = remote.rebuild([("builtins", "ValueError")], "m" * 10_000_000, "w" * 10_000_000)
    assert len(str(error)) == 2000
    assert len(error.remote_where) == 200


def test_every_exception_of_the_library_has_a_text():
    """One whose ``str`` fails for want of its arguments must not stop the judge."""
    modules = ("builtins", "subprocess", "json", "urllib.error", "pandas.errors", "numpy", "zmq")
    for module in filter(sys.modules.get, modules):
        for name, kind in vars(sys.modules[module]).items():
            if isinstance(kind, type) and issubclass(kind, BaseException):
                error = remote.rebuild([(kind.__module__, kind.__qualname__)], "text", "")
                assert isinstance(str(error), str), name
    assert subprocess.CalledProcessError


@given(
    st.lists(
        st.one_of(
            st.integers(),
            st.text(max_size=5),
            st.tuples(
                st.sampled_from(["builtins", "numpy", "os", "autograde.remote", "", "a.b", "zmq"]),
                st.text(max_size=8) | st.sampled_from([*dir(__builtins__), "TimedOut"]),
            ),
        ),
        max_size=5,
    ),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_any_list_of_classes_gives_an_exception(bases, message, where):
    """Fuzzed: a marked exception that can be raised, caught and shown."""
    error = remote.rebuild(bases, message, where)
    assert isinstance(error, BaseException)
    assert isinstance(str(error), str)
    assert remote.is_remote(error)
    assert not isinstance(error, StopIteration | GeneratorExit)


def test_it_is_raised_where_the_test_asked(talk):
    """``pytest.raises`` works across the link, and the link goes on."""
    link = talk(replies(("raised", [("builtins", "ValueError")], "no", "line 3 of f"), ("ok", 1)))
    with pytest.raises(ValueError, match="no") as caught:
        link.request("call", None)
    assert caught.value.remote_where == "line 3 of f"
    assert link.request("name", "x") == 1


def test_a_stop_in_a_loop_does_not_end_the_loop(talk):
    """``map`` over a candidate's function that raises StopIteration fails instead of ending."""
    link = talk(
        replies(("ok", stand_in()), ("raised", [("builtins", "StopIteration")], "", "line 1"))
    )
    function = remote.name(link, "f")
    with pytest.raises(RuntimeError):
        list(map(function, [1, 2, 3]))


# --- stand-ins -------------------------------------------------------------------------------


@pytest.fixture
def thing(talk):
    """A stand-in whose peer answers every question with another stand-in."""
    link = talk(value(lambda n: (n, "ok", stand_in(2))))
    return remote.name(link, "thing")


# The reflected ones stand that way round on purpose: Python then asks the stand-in second.
QUESTIONS = {
    "==": lambda x: x == 1,
    "== itself": lambda x: x == x,
    "reflected ==": lambda x: 1 == x,  # noqa: SIM300
    "!=": lambda x: x != 1,
    "<": lambda x: x < 1,
    ">=": lambda x: x >= 1,
    "reflected <": lambda x: 1 < x,  # noqa: SIM300
    "bool": bool,
    "not": lambda x: not x,
    "if": lambda x: 1 if x else 2,
    "in": lambda x: 1 in x,
    "in a list": lambda x: x in [1, 2],
    "list equality": lambda x: [x] == [1],
    "dict equality": lambda x: {"a": x} == {"a": 1},
    "all": lambda x: all([x]),
    "any": lambda x: any([x]),
    "index": lambda x: [1, 2, 3][x],
    "count": lambda x: [1].count(x),
    "sorted": lambda x: sorted([x, x]),
    "max": lambda x: max(1, x),
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "array ==": lambda x: (np.ones(2) == x).all(),
    "frame ==": lambda x: bool((pd.DataFrame({"a": [1]}) == x).all().all()),
    "allclose": lambda x: bool(np.allclose([1.0], x)),
    "assert_frame_equal": lambda x: pd.testing.assert_frame_equal(x, x),
    "assert_series_equal": lambda x: pd.testing.assert_series_equal(x, pd.Series([1])),
    "assert_allclose": lambda x: np.testing.assert_allclose(x, 1),
    "assert_array_equal": lambda x: np.testing.assert_array_equal(x, [1]),
    "hash": hash,
    "set": lambda x: {x},
    "dict key": lambda x: {x: 1},
    "arithmetic": lambda x: x + 1,
    "reflected arithmetic": lambda x: 1 - x,
    "abs": abs,
    "round": round,
    "len": len,
    "float": float,
    "int": int,
    "complex": complex,
    "isclose": lambda x: __import__("math").isclose(x, 1),
    "iterate": list,
    "dict": dict,
    "sum": sum,
    "setattr": lambda x: setattr(x, "a", 1),
    "set own attribute": lambda x: setattr(x, "_autograde_link", None),
    "delattr": lambda x: delattr(x, "a"),
    "setitem": lambda x: x.__setitem__(0, 1),
    "with": lambda x: x.__enter__(),
    "array protocol": lambda x: x.__array__(),
    "dataframe protocol": lambda x: x.__dataframe__(),
    "fspath": os.fspath,
    "format": lambda x: f"{x:>10}",
    "join": lambda x: "".join([x]),
    "bytes": bytes,
    "raise": lambda x: (_ for _ in ()).throw(x),
    "isinstance of it": lambda x: isinstance(1, x),
    "issubclass": lambda x: issubclass(x, int),
    "await": lambda x: x.__await__(),
    "exec": exec,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stand_in_answers_no_question_of_value(thing, question):
    """Comparison, truth, hash, order, arithmetic, protocols: an error, never an answer."""
    with pytest.raises((NoValue, TypeError, AttributeError, ValueError, AssertionError)):
        QUESTIONS[question](thing)


def test_libraries_do_not_take_a_stand_in_for_data(thing):
    """What NumPy makes of it is unequal to everything, or a stand-in again."""
    assert np.array_equal([1], thing) is False
    assert isinstance(np.exp(thing), Remote)


@pytest.mark.parametrize(
    "kind", [int, str, list, dict, tuple, float, np.ndarray, pd.DataFrame, Exception, type]
)
def test_a_stand_in_is_of_no_other_class(thing, kind):
    """``isinstance`` and ``__class__`` are this side's own."""
    assert not isinstance(thing, kind)
    assert thing.__class__ is Remote
    assert not isinstance(thing, types.FunctionType)


LENGTHS = [2**62, -1, 10**400, 1e300, float("nan"), True, "3", None, [1], np.int64(3)]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_lying_length_is_an_error_or_a_number_and_no_memory(talk, length):
    """``len`` gives what can be a length; ``list`` never reserves what it claims."""
    link = talk(
        lambda sock, request: send(
            sock, (request[0], "ok", length if request[1] == "length" else stand_in())
        )
    )
    thing = remote.name(link, "x")
    try:
        assert 0 <= len(thing) < 2**63
    except (TypeError, ValueError, OverflowError):
        pass
    with pytest.raises((TypeError, ValueError, OverflowError, MemoryError)):
        list(thing)


def test_iteration_reads_one_item_a_request(talk):
    """Items, then the end; something else is no iterator."""
    link = talk(
        replies(
            ("ok", stand_in(1)),
            ("ok", 2),
            ("ok", stand_in(2)),
            ("ok", ("item", 1)),
            ("ok", ("item", [2])),
            ("ok", ("end",)),
            ("ok", stand_in(3)),
            ("ok", ("item",)),
        )
    )
    thing = remote.name(link, "x")
    assert list(thing) == [1, [2]]
    with pytest.raises(NoValue, match="iterator"):
        list(iter(thing))


@pytest.mark.parametrize(
    "both", [1, (1, 2), (1, [1, 2, 3]), (1, (1,)), [], (stand_in(), stand_in()), np.ones(2)]
)
def test_arguments_that_do_not_come_back_are_an_error(talk, both):
    """``call`` needs the result and as many arguments as were sent."""
    link = talk(replies(("ok", stand_in()), ("ok", both)))
    function = remote.name(link, "f")
    with pytest.raises(NoValue, match="arguments"):
        remote.call_back(function, (1, 2), {})


def test_plain_data_that_is_none_is_refused(talk):
    """A peer that answers ``plain`` with a stand-in gives nothing to judge."""
    link = talk(replies(("ok", stand_in()), ("ok", stand_in())))
    with pytest.raises(NoValue, match="plain"):
        remote.fetch_plain(remote.name(link, "x"))


def test_a_module_of_the_candidates(talk):
    """Attributes are asked for over there; protocols and non-modules are not."""
    link = talk(
        replies(("ok", stand_in(kind="module", name="service")), ("ok", 2), ("ok", "no module"))
    )
    stub = remote.import_module(link, "service")
    assert stub.TWO == 2
    with pytest.raises(AttributeError):
        _ = stub.__version__
    with pytest.raises(remote.Missing, match="not a module"):
        remote.import_module(link, "other")
