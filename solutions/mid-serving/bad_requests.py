"""Requests that the service must refuse, each with the words for what is wrong with it.

Owns the list, made anew from a random generator each time, and how each has to be answered. Owns no
points and no sending.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from load import Ask
from models import body, flights

ONE, MANY = "/predict", "/predict/batch"
MIB = 1024 * 1024

CODES = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported",
    422: "invalid",
    500: "internal",
    503: "model_failure",
}


@dataclass(frozen=True)
class Bad:
    """A request to be refused.

    Attributes
    ----------
    kind
        What is wrong with it, for a reason.
    ask
        The request.
    statuses
        Those that are right.
    field
        Where the text says what is wrong, if it is one value: the path that the error names.
    """

    kind: str
    ask: Ask
    statuses: tuple[int, ...]
    field: str | None = None


def listed(rng: np.random.Generator) -> list[Bad]:
    """All of them, each with flights of its own."""
    return [*_of_one(rng), *_of_many(rng), *_of_bytes(rng), *_of_routes(rng)]


def _post(path: str, content: bytes | Iterator[bytes], **headers: str) -> Ask:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Ask("POST", path, content, named)


def _of_one(rng: np.random.Generator) -> Iterator[Bad]:
    """One value of one flight is wrong."""
    over = float(rng.uniform(0.1, 0.9))  # a bound is meant to the digit
    wrong: list[tuple[str, Mapping[str, Any]]] = [
        ("a number written as text", {"distance": "731.5"}),
        ("a whole number written as text", {"hour": "7"}),
        ("true for a number", {"distance": True}),
        ("false for the hour", {"hour": False}),
        ("text for a number that may be null", {"temp": "warm"}),
        ("null for a required value", {"distance": None}),
        ("an hour that is no whole number", {"hour": 7.5}),
        ("an hour above the range", {"hour": 24}),
        ("an hour below the range", {"hour": -1}),
        ("a distance of zero", {"distance": 0}),
        ("a distance above the range", {"distance": 6000 + over}),
        ("a temperature below the range", {"temp": -60 - over}),
        ("a temperature above the range", {"temp": 140 + over}),
        ("a last delay below the range", {"last_delay": -120 - over}),
        ("a last delay above the range", {"last_delay": 3000 + over}),
        ("another origin", {"origin": "BOS"}),
        ("an origin in small letters", {"origin": "jfk"}),
        ("a carrier of three characters", {"carrier": "UAL"}),
        ("a carrier of one character", {"carrier": "U"}),
        ("a number for the carrier", {"carrier": 12}),
        ("a list for a number", {"distance": [500.0]}),
        ("an unknown key", {"dest": "SFO"}),
    ]
    for kind, change in wrong:
        (flight,) = flights(rng, 1)
        (name,) = change
        yield Bad(kind, _post(ONE, body({**flight, **change})), (422,), name)
    (flight,) = flights(rng, 1)
    del flight["origin"]
    yield Bad("a required key that is absent", _post(ONE, body(flight)), (422,), "origin")


def _of_many(rng: np.random.Generator) -> Iterator[Bad]:
    """A batch is wrong."""

    def batch(n: int) -> list[dict[str, Any]]:
        return flights(rng, n)

    at = int(rng.integers(1, 6))
    bad = batch(7)
    bad[at]["hour"] = 31
    yield Bad(
        "one bad flight in a batch", _post(MANY, body({"flights": bad})), (422,),
        f"flights.{at}.hour",
    )  # fmt: skip
    bad = batch(4)
    bad[0]["distance"] = "90"
    yield Bad(
        "a batch whose first flight is bad", _post(MANY, body({"flights": bad})), (422,),
        "flights.0.distance",
    )  # fmt: skip
    yield Bad("an empty batch", _post(MANY, body({"flights": []})), (422,), "flights")
    yield Bad(
        "a batch of 257 flights", _post(MANY, body({"flights": batch(257)})), (422,), "flights"
    )
    yield Bad(
        "an unknown key beside the flights",
        _post(MANY, body({"flights": batch(2), "note": "x"})), (422,), "note",
    )  # fmt: skip
    yield Bad("a list where an object is asked for", _post(MANY, body(batch(2))), (422,), "")
    yield Bad("a list where one flight is asked for", _post(ONE, body(batch(1))), (422,), "")
    yield Bad("null as the body", _post(ONE, b"null"), (422,), "")
    flight = batch(1)[0]
    yield Bad("a flight where a batch is asked for", _post(MANY, body(flight)), (422,), "flights")


def _of_bytes(rng: np.random.Generator) -> Iterator[Bad]:
    """The body is no JSON, or too much of it."""
    (flight,) = flights(rng, 1)
    text = json.dumps(flight)
    for kind, word in (
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("a number as large as 1e999", "1e999"),
    ):
        raw = json.dumps({**flight, "distance": "@"}).replace('"@"', word)
        yield Bad(f"{kind} for a number", _post(ONE, raw.encode()), (422, 400))
    raw = json.dumps({"flights": [flight, {**flight, "temp": "@"}]}).replace('"@"', "NaN")
    yield Bad("NaN in a batch", _post(MANY, raw.encode()), (422, 400))
    yield Bad("JSON that breaks off", _post(ONE, text[: len(text) // 2].encode()), (400,))
    yield Bad("text that is no JSON", _post(ONE, b"carrier=UA&hour=5"), (400,))
    yield Bad("bytes that are no UTF-8", _post(ONE, b'{"carrier": "\xff\xfe"}'), (400,))
    yield Bad("an empty body", _post(ONE, b""), (400,))
    yield Bad("lists nested very deep", _post(ONE, b"[" * 200_000), (400, 422))
    large = text.encode() + b" " * (10 * MIB)
    yield Bad("a body of 10 MiB", _post(ONE, large), (413,))
    padded = body({"flights": [flight]})
    padded += b" " * (MIB + 1 - len(padded))
    yield Bad("a body just above 1 MiB", _post(MANY, padded), (413,))
    endless = itertools.repeat(b" " * 65536)
    yield Bad("a body in chunks that never ends", _post(ONE, endless), (413,))
    yield Bad("another content type", _post(ONE, text.encode(), Content_Type="text/plain"), (415,))
    yield Bad("no content type", _post(ONE, text.encode(), Content_Type=""), (415,))
    form = "application/x-www-form-urlencoded"
    yield Bad("a form's content type", _post(MANY, b"a=1", Content_Type=form), (415,))


def _of_routes(rng: np.random.Generator) -> Iterator[Bad]:
    """There is no such path or method."""
    (flight,) = flights(rng, 1)
    yield Bad("an unknown path", Ask("GET", f"/flights/{rng.integers(1000)}"), (404,))
    yield Bad("an unknown path below a route", _post(f"{ONE}/one", body(flight)), (404,))
    yield Bad("GET where only POST is known", Ask("GET", ONE), (405,))
    yield Bad("POST to the health route", _post("/health", b"{}"), (405,))
    yield Bad("DELETE of a batch", Ask("DELETE", MANY), (405,))
