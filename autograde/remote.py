"""The grader's end of the link: stand-ins for what lives in the candidate's process.

Owns the conversation (one request, one reply, always begun by the grader), the stand-in class
:class:`Remote`, and the rule that what comes back is data or a stand-in and never code. Owns no
format (:mod:`autograde.wire`) and no judging (:mod:`autograde.grader`).

Theory of operation
-------------------
Two processes share a connected stream socket. While a test cell runs, the candidate's main thread
serves requests; each is a tuple ``(number, operation, *arguments)`` and each reply is
``(number, outcome, ...)`` with outcome one of

``("ok", value)``
    the result, by value where it is plain data, else a :class:`~autograde.wire.Handle`;
``("raised", [(module, class), ...], message, where)``
    an exception: its method resolution order by name, its text, and the candidate's own line;
``("missing", name)``
    there is no such name.

A reply that is late, doubled, for another request or not a message at all ends the link: the
peer is then lost or lying, and nothing it says later is of use. The grader never waits longer
than the deadline of the check, never imports at the peer's word, and never compares, orders or
tests an object that it does not hold by value.
"""

import builtins
import dataclasses
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NoReturn, cast

from autograde import wire

#: Largest message in either direction, bytes. A frame of a million rows is about 150 MB.
LIMIT = 256 * 1024 * 1024
#: Most bytes that one check takes from the candidate, in all its replies; it may keep them all.
TOTAL = 1024 * 1024 * 1024


class LinkBroken(BaseException):
    """The link cannot be used any more; not an Exception, so that no test catches it by chance."""


class TimedOut(LinkBroken):
    """The candidate's side did not answer before the check's deadline."""


class Died(LinkBroken):
    """The candidate's process closed the link: it ended or was killed."""


class Garbled(LinkBroken):
    """The candidate's side sent bytes that are no message, or a reply to something else."""


class Flooded(LinkBroken):
    """The candidate's replies to one check are more than the grader's memory is to hold."""


class NoValue(TypeError):
    """A test used an object of the candidate's as if it were data, and it has no value here."""


class Missing(NameError):
    """The candidate's notebook defines no such name."""


class RemoteError(Exception):
    """An exception of a class that does not exist on this side."""


class _Meter:
    """The socket as :func:`wire.read` uses it, with a count of what arrives."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.gettimeout, self.settimeout = sock.gettimeout, sock.settimeout
        self.received = 0

    def recv(self, size: int) -> bytes:
        """Receive; Flooded as soon as it is too much, before the rest of a message is taken."""
        data = self._sock.recv(size)
        self.received += len(data)
        if self.received > TOTAL:
            raise Flooded(f"more than {TOTAL} bytes in one check")
        return data


class Link:
    """One end of the conversation.

    Attributes
    ----------
    budget
        Seconds that may be spent waiting for the candidate; the grader's own work does not count.
    contacts
        Replies received so far. An exception in a test that has heard nothing from the candidate
        is the test's own fault.
    waited
        Seconds spent waiting for the candidate.
    broken
        The error after which the link cannot be used any more, or None.
    exposed
        Whether a check with hidden tests has used the link: what the candidate's side says from
        then on may be made of hidden inputs.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._meter = _Meter(sock)
        self._counted = cast(socket.socket, self._meter)  # as much of one as reading needs
        self._number = 0
        self.broken: LinkBroken | None = None
        self.budget = 60.0
        self.contacts = 0
        self.waited = 0.0
        self.exposed = False

    def begin(self, budget: float) -> None:
        """Start a check: nothing is heard, received or waited for yet."""
        self.contacts, self.waited, self.budget = 0, 0.0, budget
        self._meter.received = 0

    def request(self, operation: str, *arguments: Any) -> Any:
        """Ask and wait for the answer.

        Raises
        ------
        LinkBroken
            As its subclasses say.
        wire.NotPlain
            An argument cannot cross by value: a fault of the test.
        BaseException
            What the candidate's code raised, as :func:`rebuild` makes it.
        """
        if self.broken is not None:
            raise self.broken
        self._number += 1
        begun = time.monotonic()
        left = self.budget - self.waited
        if left <= 0:
            self._fail(TimedOut, "no answer in time")
        try:
            message = (self._number, operation, *arguments)
            # A peer that does not read would block a write without a deadline for ever.
            deadline = begun + left
            wire.write(self._sock, message, refer=_refer, limit=LIMIT, deadline=deadline)
            reply = wire.read(self._counted, limit=LIMIT, deadline=deadline, resolve=self._meet)
        except Flooded as error:
            self._fail(Flooded, str(error))
        except TimeoutError:
            self._fail(TimedOut, "no answer in time")
        except wire.Malformed as error:
            self._fail(Garbled, str(error))
        except (EOFError, OSError) as error:
            self._fail(Died, str(error))
        finally:
            self.waited += time.monotonic() - begun
        self.contacts += 1
        return self._open(reply, operation, arguments)

    def tell_end(self) -> None:
        """Say that no more requests come; the far end goes back to being an ordinary kernel.

        It has to say yes: a reply too many, left unread, would be taken for an answer to the next
        test's first request. If it does not, the link is broken.
        """
        if self.broken is None:
            self.budget = self.waited + 1.0
            try:
                self.request("end")
            except BaseException:  # their answer may be SystemExit
                pass  # a broken link says so itself

    def _open(self, reply: Any, operation: str, arguments: tuple[Any, ...]) -> Any:
        # Types first: the reply may hold arrays and stand-ins, which cannot be compared.
        if type(reply) is not tuple or list(map(type, reply[:2])) != [int, str]:
            self._fail(Garbled, "a reply of no known kind")
        if reply[0] != self._number:
            self._fail(Garbled, "a reply to another request")
        match reply[1:]:
            case ("ok", value):
                return value
            case ("raised", list(bases), str(message), str(where)):
                raise rebuild(bases, message, where)
            case ("missing", str()) if operation == "name":
                # The name that was asked for: theirs could be anything, of any length.
                raise Missing(f"name {arguments[0]!r} is not defined", name=arguments[0])
        return self._fail(Garbled, "a reply of no known kind")

    def _fail(self, kind: type[LinkBroken], message: str) -> NoReturn:
        self.broken = kind(message)
        raise self.broken

    def _meet(self, handle: wire.Handle) -> "Remote":
        return Remote(self, handle)


class Remote:
    """Stand-in for an object that stays with the candidate: call, attribute, item, len, iterate.

    It has no value here. ``==``, ordering, hashing and truth raise :class:`NoValue`, since the
    answer would be the candidate's own word. Compare data instead: ``list(x)``, ``dict(x)``,
    ``float(x)`` or :func:`autograde.checks.plain`.
    """

    __slots__ = ("_autograde_handle", "_autograde_link")

    def __init__(self, link: Link, handle: wire.Handle) -> None:
        object.__setattr__(self, "_autograde_link", link)
        object.__setattr__(self, "_autograde_handle", handle)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it over there, with the arguments by value, and bring the result back."""
        return self._autograde_link.request("call", self, list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        # Protocol probes (__array__, __dataframe__, ...) stay here: a library on this side must
        # never be led to take the object for one of its own.
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._autograde_link.request("attribute", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise NoValue(f"attributes of the candidate's {self!r} cannot be set from a test")

    def __getitem__(self, key: Any) -> Any:
        return self._autograde_link.request("item", self, key)

    def __len__(self) -> int:
        return int(self._number("length"))

    def __iter__(self) -> Iterator[Any]:
        iterator = self._autograde_link.request("iterate", self)
        while True:
            match self._autograde_link.request("next", iterator):
                case ("item", value):
                    yield value
                case ("end",):
                    return
                case _:
                    raise NoValue(f"{self!r} is not an iterator that can be read")

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def _number(self, operation: str) -> Any:
        number = self._autograde_link.request(operation, self)
        if type(number) not in (int, float):
            raise NoValue(f"{self!r} gives no number")
        return number

    def __repr__(self) -> str:
        handle = self._autograde_handle
        return f"<the candidate's {handle.kind} {handle.name}>"

    def _refuse(self, *_: object) -> NoReturn:
        handle = self._autograde_handle
        raise NoValue(f"an object of class {handle.name} where plain data is needed")

    # One answer to every question of value.
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __contains__ = __index__ = __reduce__ = __reduce_ex__ = _refuse
    # None is how Python says "unhashable"; the type of object.__hash__ does not allow for it.
    __hash__ = None  # type: ignore[assignment]


def call_back(
    function: Remote, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, list[Any]]:
    """Call, and fetch the arguments as the candidate's side holds them afterwards."""
    link: Link = function._autograde_link
    both = link.request("call_back", function, list(args), dict(kwargs))
    match both:
        case (result, list(after)) if len(after) == len(args):
            return result, after
    raise NoValue("the arguments could not be read back")


def fetch_plain(value: Remote) -> Any:
    """The object as plain data, converted on the candidate's side by :func:`to_plain`."""
    link: Link = value._autograde_link
    result = link.request("plain", value)
    if isinstance(result, Remote):
        raise NoValue(f"{value!r} cannot be turned into plain data")
    return result


def name(link: Link, identifier: str) -> Any:
    """The candidate's object of that name.

    Raises
    ------
    Missing
        If the notebook defines no such name.
    """
    return link.request("name", identifier)


class Stub(ModuleType):
    """A module that the candidate wrote, as a test imports it: its attributes are stand-ins."""

    def __init__(self, identifier: str, module: Remote) -> None:
        super().__init__(identifier)
        self.__path__: list[str] = []
        self._autograde_module = module

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute.endswith("__"):
            raise AttributeError(attribute)
        return getattr(self.__dict__["_autograde_module"], attribute)


def import_module(link: Link, identifier: str) -> Stub:
    """A module of the candidate's own, by its dotted name; Missing if it is something else."""
    module = link.request("import", identifier)
    if not isinstance(module, Remote):
        raise Missing(f"{identifier} is not a module", name=identifier)
    return Stub(identifier, module)


def rebuild(bases: list[Any], message: str, where: str) -> BaseException:
    """The candidate's exception, as the nearest class that exists on this side.

    Parameters
    ----------
    bases
        ``(module, qualified name)`` of each class in method resolution order, nearest first.
    message, where
        The exception's text and the candidate's own line, both unchecked words of theirs.

    Returns
    -------
    BaseException
        Marked with ``remote_where``. Only ``Exception`` classes, ``SystemExit`` and
        ``KeyboardInterrupt`` are made; modules are looked up among those already loaded, never
        imported. Exceptions that steer loops and generators become RuntimeError (as PEP 479 has
        it): raised inside ``map`` or ``zip`` they would end a test's loop early and silently.
    """
    for entry in bases[:50]:
        match entry:
            case (str(module), str(qualified)) if len(module) + len(qualified) < 500:
                kind = _find_exception(module, qualified)
                error = _make(kind, message[:2000], where[:200]) if kind else None
                if error is not None:
                    return error
    error = _make(RemoteError, message[:2000], where[:200])
    assert error is not None
    return error


def _make(kind: type[BaseException], text: str, where: str) -> BaseException | None:
    """An exception with that text, or None if the class does not work with a text alone."""
    if issubclass(kind, StopIteration | StopAsyncIteration | GeneratorExit):
        kind, text = RuntimeError, f"{kind.__name__}: {text}"
    try:
        error = kind(text)
    except Exception:  # a class that wants other arguments, such as UnicodeDecodeError
        try:
            error = kind.__new__(kind)
            error.args = (text,)
        except Exception:
            return None
    try:
        str(error)  # CalledProcessError and NumPy's MemoryError have no text without the others
        # It takes new attributes, which its type cannot know: they are how is_remote() tells.
        error.remote_where = where  # type: ignore[attr-defined]
    except Exception:
        return None
    return error


def _find_exception(module: str, qualified: str) -> type[BaseException] | None:
    top = module.partition(".")[0]
    # Never one of ours or of a test framework: those mean something to the judge (SkipTest and
    # UnsatisfiedAssumption make a failing test vanish).
    if top in {"autograde", "pytest", "_pytest", "unittest", "hypothesis", "__main__"}:
        return None
    home = builtins if module == "builtins" else sys.modules.get(module)
    # Nor one of the hidden tests' own, whose files lie in the working directory.
    if os.path.dirname(os.path.abspath(getattr(home, "__file__", None) or "/")) == os.getcwd():
        return None
    found: Any = None if isinstance(home, Stub) else home
    for part in qualified.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    allowed = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)
    return found if isinstance(found, type) and issubclass(found, allowed) else None


def is_remote(error: BaseException) -> bool:
    """Whether the exception was raised by the candidate's code."""
    return hasattr(error, "remote_where")


def to_plain(value: Any, depth: int = 0) -> Any:
    """Plain data for common objects that are not: see :func:`autograde.checks.plain`.

    Mappings become dicts, dataclasses dicts, named tuples tuples, sets sets, other iterables
    lists, subclasses of the plain scalars and of pandas' and NumPy's classes their base.

    Raises
    ------
    TypeError
        For an object that is none of these.
    """
    if depth > 40:
        raise TypeError("nested too deep")
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: to_plain(getattr(value, f.name), depth + 1) for f in fields}
    if isinstance(value, Mapping):
        return {to_plain(k, depth + 1): to_plain(v, depth + 1) for k, v in value.items()}
    scalars: tuple[Any, ...] = (int, float, complex, str, bytes)
    for base in scalars:
        if isinstance(value, base):
            return base(value)
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        for base in (pandas.DataFrame, pandas.Series):
            if isinstance(value, base):
                return base(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        return numpy.asarray(value) if isinstance(value, numpy.ndarray) else value
    try:
        wire.encode(value)
        return value
    except wire.NotPlain:
        pass
    if isinstance(value, tuple):
        return tuple(to_plain(v, depth + 1) for v in value)
    if isinstance(value, set | frozenset):
        return {to_plain(v, depth + 1) for v in value}
    if hasattr(value, "__iter__"):
        items: list[Any] = []
        for item in value:
            items.append(to_plain(item, depth + 1))
            if len(items) > 1_000_000:
                raise TypeError("more than a million items")
        return items
    raise TypeError(f"a {type(value).__name__} has no plain form")


def _refer(value: Any) -> wire.Handle:
    if isinstance(value, Remote):
        handle: wire.Handle = value._autograde_handle
        return handle
    raise wire.NotPlain(
        f"a test passed an object of class {type(value).__name__} to the candidate's code; "
        "only data and the candidate's own objects cross the link"
    )
