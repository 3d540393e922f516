"""What all parts of the data format of :mod:`autograde.wire` share.

This module owns the errors, the checks of the fields of a received node, and how a time zone is
spelled.  It owns no kind of value: :mod:`autograde.values` (plain Python), :mod:`autograde.arrays`
(NumPy, torch), :mod:`autograde.arrow` and :mod:`autograde.frames` (pandas) do.  In these,

- an encoder gets ``(encoder, value, depth)`` and returns a node; it puts bytes to
  ``encoder.blobs``;
- a decoder gets ``(decoder, depth, *arguments)`` and takes bytes by ``decoder.blob()``, in the
  same order.  It may raise anything: :func:`autograde.wire.decode` turns it into Malformed.  What
  it may not do is to make memory that the bytes received do not account for.
"""

import datetime
import functools
import re
import zoneinfo
from typing import Any

#: A range crosses as three numbers; a longer one could make a test that writes it out take any
#: amount of memory and time.
LONGEST_RANGE = 10_000_000
UNITS = ("s", "ms", "us", "ns")
"""Units of time that pandas and Arrow know."""


class NotPlain(TypeError):
    """A value that cannot cross by value; the message names the class and where in the value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path = ""

    def at(self, step: str) -> "NotPlain":
        """Put one step in front of the path, on the way out of the container."""
        self.path = step + self.path
        return self

    def __str__(self) -> str:
        return f"value{self.path}: {self.args[0]}" if self.path else str(self.args[0])


class TooMuch(NotPlain):
    """A value that is too deep or too large to cross, whole or as the place of handles."""


class Malformed(ValueError):
    """Bytes that are no message."""


def integer(value: Any, low: int = -(1 << 63), high: int = (1 << 63) - 1) -> int:
    """Return `value` if it is an int (no bool) from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise Malformed("not an int, or out of bounds")
    return value


def text(value: Any) -> str:
    """Return `value` if it is a str."""
    if type(value) is not str:
        raise Malformed("not a string")
    return value


def flag(value: Any) -> bool:
    """Return `value` if it is a bool."""
    if type(value) is not bool:
        raise Malformed("not a bool")
    return value


def sequence(value: Any) -> list[Any]:
    """Return `value` if it is a list."""
    if type(value) is not list:
        raise Malformed("not a list")
    return value


def one_of(value: Any, known: tuple[str, ...]) -> str:
    """Return `value` if it is one of these strings."""
    if text(value) not in known:
        raise Malformed(f"{value[:20]!r} is not one of the known names")
    return str(value)


def matching(value: Any, pattern: re.Pattern[str]) -> str:
    """Return `value` if it is a string that the whole pattern matches."""
    if not pattern.fullmatch(text(value)):
        raise Malformed(f"{value[:20]!r} is not one of the known names")
    return str(value)


def short(bounds: range) -> bool:
    """Whether a range may cross."""
    return not bounds[LONGEST_RANGE:]


def refusal(value: Any, why: str) -> NotPlain:
    """Make the error on a value of a known class that is odd all the same."""
    return NotPlain(f"{type(value).__module__}.{type(value).__qualname__} ({why}) cannot cross")


# --- time zones ------------------------------------------------------------------------------


@functools.cache
def known_zones() -> frozenset[str]:
    """Keys of the time zones of this system: the only ones that are built."""
    return frozenset(zoneinfo.available_timezones())


def zone_node(zone: Any) -> Any:
    """Describe a time zone: None, the key of a ZoneInfo, or a fixed offset."""
    if zone is None:
        return None
    if type(zone) is zoneinfo.ZoneInfo and zone.key in known_zones():
        return zone.key
    if type(zone) is datetime.timezone:
        # The only way to the name as given: str(zone) also makes one up. typeshed leaves it out.
        offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
        return [offset.days, offset.seconds, offset.microseconds, *name]
    raise refusal(zone, "as a time zone")


def zone(node: Any) -> datetime.tzinfo | None:
    """Build the time zone; a key is looked up in the closed list of this system's zones."""
    if node is None:
        return None
    if type(node) is str:
        if node not in known_zones():
            raise Malformed("unknown time zone")
        return zoneinfo.ZoneInfo(node)
    days, seconds, microseconds, *name = sequence(node)
    offset = datetime.timedelta(integer(days), integer(seconds), integer(microseconds))
    if len(name) > 1:
        raise Malformed("a time zone with two names")
    return datetime.timezone(offset, *map(text, name))
