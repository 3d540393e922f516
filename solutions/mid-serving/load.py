"""HTTP over the connections of a command: one request, or many from several clients at once.

Owns the sending of bytes that no well-meant client would send (a body without end, half a JSON
text), and the clock. Whatever the other side does, a call ends in time with an :class:`Answer`; it
raises nothing that a candidate could cause. Owns no opinion on an answer: that is ``hidden.py``'s.
"""

import json
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h11

from autograde.commands import Command

PORT = 8000
#: Most bytes of an answer that are read.
MOST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """A response, or that there was none (``status`` 0).

    Attributes
    ----------
    status, headers, body
        As received; names of headers in lower case.
    seconds
        From the first byte sent to the last one received.
    why
        Why there is none: "no answer in time", "the connection was closed", …
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    why: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        found = self.json()
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Ask:
    """A request.

    ``body`` is sent with its length, or, if it is an iterator, in chunks for as long as there are
    any and no answer comes. Headers are those of a POST of JSON unless they say something else.
    """

    method: str
    path: str
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def pieces(self, connection: h11.Connection) -> Iterator[bytes]:
        """The bytes to send."""
        headers = {"Host": "localhost", **self.headers}
        if isinstance(self.body, bytes):
            if self.body or self.method == "POST":
                headers["Content-Length"] = str(len(self.body))
            chunks: Iterable[bytes] = [self.body] if self.body else []
        else:
            headers["Transfer-Encoding"] = "chunked"
            chunks = self.body
        if self.method == "POST":
            headers.setdefault("Content-Type", "application/json")
        listed = [(name, value) for name, value in headers.items() if value]
        # The head and a short body are one piece, so that they travel as one.
        head = connection.send(h11.Request(method=self.method, target=self.path, headers=listed))
        for chunk in chunks:
            yield (head or b"") + (connection.send(h11.Data(data=chunk)) or b"")
            head = b""
        yield (head or b"") + (connection.send(h11.EndOfMessage()) or b"")


class _Talk:
    """One connection on which one request after the other is answered."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.setblocking(False)
        self._http = h11.Connection(h11.CLIENT)
        self.answer: Answer | None = None

    def begin(self, ask: Ask) -> None:
        """Start a request."""
        self.answer = None
        self._begun = time.perf_counter()
        self._status, self._headers, self._body = 0, {}, bytearray()  # type: ignore[var-annotated]
        self._pieces = ask.pieces(self._http)
        self._left = memoryview(next(self._pieces, b""))
        self.sending = True

    def write(self) -> None:
        """Send what goes out without waiting."""
        try:
            while True:
                while not self._left:
                    piece = next(self._pieces, None)
                    if piece is None:
                        self.sending = False
                        return
                    self._left = memoryview(piece)
                self._left = self._left[self.sock.send(self._left) :]
        except BlockingIOError:
            pass
        except OSError:
            self.sending = False  # a server that refuses a body may have answered and closed

    def read(self) -> None:
        """Take what has come; sets ``answer`` when it is whole or there is none."""
        data = b""
        try:
            data = self.sock.recv(65536)
            self._http.receive_data(data)
            while self.answer is None:
                event = self._http.next_event()
                match event:
                    case h11.Response():
                        self.sending = False
                        self._status = event.status_code
                        self._headers = {
                            name.decode("latin-1"): value.decode("latin-1")
                            for name, value in event.headers
                        }
                    case h11.Data():
                        self._body += event.data
                        if len(self._body) > MOST:
                            self.fail("an answer without end")
                    case h11.EndOfMessage():
                        self.answer = Answer(
                            self._status,
                            self._headers,
                            bytes(self._body),
                            time.perf_counter() - self._begun,
                        )
                    case h11.ConnectionClosed():
                        self.fail("the connection was closed without one")
                    case h11.InformationalResponse():
                        pass
                    case _:  # NEED_DATA, PAUSED
                        if not data:
                            self.fail("the connection was closed without one")
                        return
        except BlockingIOError:
            pass
        except h11.RemoteProtocolError:
            cut = not data  # in the middle of an answer, or before one
            self.fail("the connection was closed without one" if cut else "what came is not HTTP")
        except OSError:
            self.fail("the connection was closed without one")

    def fail(self, why: str) -> None:
        """There is no answer."""
        self.answer = Answer(0, seconds=time.perf_counter() - self._begun, why=why)

    def again(self) -> bool:
        """Whether another request can follow on this connection."""
        try:
            self._http.start_next_cycle()
        except h11.ProtocolError:
            return False
        return not select.select([self.sock], [], [], 0)[0]


def ask(server: Command, what: Ask, seconds: float = 10.0) -> Answer:
    """Send one request on a connection of its own and wait for its answer, so long at most."""
    return rush(server, [[what]], seconds)[0][0]


def rush(
    server: Command,
    clients: Sequence[Sequence[Ask]],
    seconds: float,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[list[Answer]]:
    """Let every client send its requests, one after the other on a connection that is kept.

    Parameters
    ----------
    server, clients
        Where to, and each client's requests.
    seconds
        For everything; what is not answered by then is not answered.
    meanwhile
        Called when every client has sent its first request.
    """
    deadline = time.monotonic() + seconds
    answers: list[list[Answer]] = [[] for _ in clients]
    talks: dict[int, _Talk] = {}
    for number, asks in enumerate(clients):
        _next(server, number, asks, answers, talks)
    meanwhile()
    while talks:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        numbers = {talk.sock: number for number, talk in talks.items()}
        writers = [talk.sock for talk in talks.values() if talk.sending]
        readable, writable, _ = select.select(numbers, writers, [], left)
        for sock in readable:
            number = numbers[sock]
            talk = talks[number]
            talk.read()
            if talk.answer is not None:
                answers[number].append(talk.answer)
                _next(server, number, clients[number], answers, talks)
        for sock in writable:
            on_it = talks.get(numbers[sock])
            if on_it is not None and on_it.sock is sock and on_it.sending:
                on_it.write()
    for number, asks in enumerate(clients):
        if number in talks:
            talks.pop(number).sock.close()
        missing = len(asks) - len(answers[number])
        answers[number] += [Answer(0, seconds=seconds, why="no answer in time")] * missing
    return answers


def _next(
    server: Command,
    number: int,
    asks: Sequence[Ask],
    answers: Sequence[list[Answer]],
    talks: dict[int, _Talk],
) -> None:
    """Begin a client's next request, on its connection or a new one."""
    talk = talks.pop(number, None)
    done = len(answers[number])
    if talk is not None and (done == len(asks) or not talk.again()):
        talk.sock.close()
        talk = None
    if done == len(asks):
        return
    if talk is None:
        made = server.connect(PORT)
        if made is None:
            lost = Answer(0, why="nobody listens any more")
            answers[number].extend([lost] * (len(asks) - done))
            return
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        talk = _Talk(made)
    talk.begin(asks[done])
    talk.write()
    talks[number] = talk
