"""The data format of the link between the grader's process and the candidate's.

Both ends use this one module.  It owns how a message is laid out in bytes and how it is framed on
a stream socket.  Which values cross, and as what nodes, belongs to :mod:`autograde.values` and to
the modules that this uses for NumPy, torch, Arrow and pandas.  It owns no meaning: what a message
asks for, and what a handle stands for, belongs to its callers.

The grader reads bytes that hostile code may have written, so

- only data is ever built, from a closed list of types; nothing in here and in those modules imports
  by a received name, unpickles, compiles or calls what was received;
- whatever is wrong with the bytes raises :class:`Malformed`, and nothing else;
- a length is compared with the bytes that are there before anything of that length is made.

A message::

    "AGW1"  u32 header length  u32 number of blobs  u64 length of each blob  header  blobs

(integers little-endian).  The header is JSON without objects: a JSON scalar stands for itself,
``[tag, ...]`` for everything else.  Raw bytes lie in the blobs; a node that needs one takes the
next, so that no blob can be used twice and one that is left over is an error.

What does not survive the way: identity (a list that appears twice becomes two lists), the memory
order of arrays that are not contiguous, ``attrs`` and ``flags`` of frames, offsets of
``DatetimeIndex.freq`` outside a closed list of names (such as ``CustomBusinessDay``: the values
cross, ``freq`` becomes None), ``np.longlong`` (it is ``int64``), the payload under a mask, and the
``grad`` and graph of a tensor.  Unused categories and unused levels of a ``MultiIndex`` do cross.
"""

import json
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograde.nodes import Malformed as Malformed
from autograde.nodes import NotPlain as NotPlain
from autograde.nodes import TooMuch as TooMuch
from autograde.values import MAX_DEPTH, MAX_NODES, Decoder, Encoder, Part, Resolving
from autograde.values import Handle as Handle

MAGIC = b"AGW1"
MAX_HEADER = 32 * 1024 * 1024
_MAX_BRACKETS_DEEP = MAX_DEPTH + 60
_CHUNK = 1 << 20
_SMALL = 1 << 16
_PRELUDE = struct.Struct("<4sII")
_LENGTH = struct.Struct("<Q")
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))


def encode(value: object, *, refer: Callable[[Any], Handle] | None = None) -> list[Part]:
    """Lay a value out as the parts of one message, to be written one after another.

    Parameters
    ----------
    value
        A plain value: None, bool, int, float, complex, str, bytes, bytearray, list, tuple, dict,
        set, frozenset, slice, range, Ellipsis, ``datetime`` objects, ``Decimal``, NumPy arrays and
        scalars, pandas frames, series, indexes and scalars, ``torch.Tensor``; of exactly that
        type, for a subclass may behave in ways that its data does not tell.
    refer
        Called with each value that is not plain; what it raises passes through.  In a list, a
        tuple or the values of a dict the handle takes the place of the element; where a handle
        cannot stand (dict keys, sets, object arrays, frames) the whole container is referred.

    Returns
    -------
    list of bytes-like
        Large contiguous arrays are not copied: write the parts before the value changes.

    Raises
    ------
    NotPlain
        A value that is not plain, and no `refer`; or, even with `refer`, containers nested more
        than 64 deep (a cycle is), more than a million of them, or a header above 32 MiB.
    """
    encoder = Encoder(refer)
    root = encoder.node(value, 0)
    header = _to_json(root).encode("utf-8", "surrogatepass")
    try:
        _check_header(header)
    except Malformed as error:
        raise TooMuch(f"the value is too large to cross: {error}") from None
    lengths = [len(blob) for blob in encoder.blobs]
    prelude = _PRELUDE.pack(MAGIC, len(header), len(lengths))
    return [prelude + struct.pack(f"<{len(lengths)}Q", *lengths) + header, *encoder.blobs]


def decode(data: Part, *, resolve: Callable[[Handle], Any] | None = None) -> Any:
    """Build the value of one whole message.

    Parameters
    ----------
    data
        The message; nothing in the value refers to this memory afterwards.
    resolve
        Maps a handle to what the near end uses for it; by default the handle stays.  It gets
        only handles that passed their checks; what it raises passes through.

    Returns
    -------
    object
        Arrays and tensors own their memory and are writeable.

    Raises
    ------
    Malformed
        The bytes are no message, whatever the reason.
    """
    try:
        return _decode(memoryview(data).cast("B"), resolve)
    except Malformed:
        raise
    except Resolving as carried:
        raise carried.error from None
    # The one place where every exception is caught: NumPy, pandas and Arrow raise many kinds on
    # bad input, and a kind forgotten here would stop the grader instead of failing the answer.
    except Exception as error:
        raise Malformed(f"not a message: {type(error).__name__}: {str(error)[:200]!a}") from error


def write(
    sock: socket.socket,
    value: object,
    *,
    refer: Callable[[Any], Handle] | None = None,
    limit: int,
    deadline: float | None = None,
) -> None:
    """Send a value as one frame: a u64 length, then the message.

    Parameters
    ----------
    sock
        A connected stream socket.
    value, refer
        As in :func:`encode`.
    limit
        Largest message, in bytes.
    deadline
        ``time.monotonic()`` at which to give up on a peer that does not read; None waits for ever.

    Raises
    ------
    NotPlain
        As :func:`encode`, or the message is above `limit`; then nothing was sent.
    TimeoutError
        The deadline passed; the stream is of no further use.
    OSError
        The peer is gone.
    """
    parts = encode(value, refer=refer)
    total = sum(map(len, parts))
    if total > limit:
        raise TooMuch(f"a message of {total} bytes is above the limit of {limit}")
    before = sock.gettimeout()
    try:
        # Small parts go out together: a system call each would cost more than the copy.
        pending: list[Part] = [_LENGTH.pack(total)]
        for part in parts:
            if len(part) < _SMALL:
                pending.append(part)
                continue
            _send(sock, b"".join(pending), deadline)
            _send(sock, part, deadline)
            pending = []
        _send(sock, b"".join(pending), deadline)
    finally:
        sock.settimeout(before)


def read(
    sock: socket.socket,
    *,
    limit: int,
    deadline: float | None = None,
    resolve: Callable[[Handle], Any] | None = None,
) -> Any:
    """Receive one frame and build its value.

    Parameters
    ----------
    sock
        A connected stream socket.
    limit
        Largest message accepted, in bytes; checked before memory is taken, and memory grows only
        with what has arrived.
    deadline
        ``time.monotonic()`` by which the whole frame must be here; None waits for ever.
    resolve
        As in :func:`decode`.

    Raises
    ------
    Malformed
        The frame is above `limit` or is no message.  After a frame above the limit the stream is
        of no further use.
    TimeoutError
        The deadline passed, however busily the peer was dripping bytes.
    EOFError
        The peer closed the connection, before or inside a frame.
    OSError
        The connection broke (``ConnectionResetError`` and its kind).
    """
    before = sock.gettimeout()
    try:
        (total,) = _LENGTH.unpack(_receive(sock, _LENGTH.size, deadline))
        if total > limit:
            raise Malformed(f"a message of {total} bytes is above the limit of {limit}")
        data = _receive(sock, total, deadline)
    finally:
        sock.settimeout(before)
    return decode(data, resolve=resolve)


def _send(sock: socket.socket, part: Part, deadline: float | None) -> None:
    sock.settimeout(_left(deadline))
    sock.sendall(part)


def _receive(sock: socket.socket, count: int, deadline: float | None) -> bytearray:
    data = bytearray()
    while len(data) < count:
        sock.settimeout(_left(deadline))
        chunk = sock.recv(min(count - len(data), _CHUNK))
        if not chunk:
            raise EOFError(f"the peer closed the link after {len(data)} of {count} bytes")
        data += chunk
    return data


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline of the link has passed")
    return left


# --- the bytes of a message ------------------------------------------------------------------

_to_json = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
).encode


def _refuse(_: Any) -> Any:
    raise Malformed("NaN, Infinity or an object in the header")


# The header is decoded with surrogatepass, so that lone surrogates cross as they are.
_from_json = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_refuse).decode


def _check_header(header: bytes) -> None:
    """Refuse a header that is too large, has too many containers, or is nested too deep.

    This runs before the JSON parser, whose recursion is in C: how deep it may go is then our
    choice and not that of ``sys.setrecursionlimit``.
    """
    if len(header) > MAX_HEADER:
        raise Malformed(f"a header of {len(header)} bytes, above {MAX_HEADER}")
    if header.count(b"[") + header.count(b"{") <= _MAX_BRACKETS_DEEP:
        return
    brackets = _JSON_STRING.sub(b"", header).translate(None, _NOT_BRACKETS)
    steps = np.frombuffer(brackets, np.uint8)
    opens = (steps == ord("[")) | (steps == ord("{"))
    # Twice the encoder's count: shapes and dtypes are lists that it does not count.
    if int(opens.sum()) > 2 * MAX_NODES:
        raise Malformed(f"more than {2 * MAX_NODES} containers")
    if np.cumsum(np.where(opens, 1, -1)).max(initial=0) > _MAX_BRACKETS_DEEP:
        raise Malformed("containers nested too deep")


def _decode(data: memoryview, resolve: Callable[[Handle], Any] | None) -> Any:
    magic, header_length, count = _PRELUDE.unpack_from(data)
    if magic != MAGIC:
        raise Malformed("it does not begin like a message of this version")
    start = _PRELUDE.size + 8 * count
    # A blob takes at least five bytes of header: its tag, or its flag.
    if start + header_length > len(data) or 5 * count > header_length:
        raise Malformed("shorter than its header says")
    lengths = struct.unpack_from(f"<{count}Q", data, _PRELUDE.size)
    if start + header_length + sum(lengths) != len(data):
        raise Malformed("the lengths do not add up to the length of the message")
    header = bytes(data[start : start + header_length])
    _check_header(header)
    decoder = Decoder(data[start + header_length :], lengths, resolve)
    value = decoder.node(_from_json(header.decode("utf-8", "surrogatepass")), 0)
    decoder.finish()
    return value
