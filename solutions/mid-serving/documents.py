"""What is written about the service: its README and the description that it serves of itself.

Owns task 5 of the hidden checks, and :func:`typed` for task 3. What a document says is compared
with what the app does, and an example with its own schema. Owns no reading of Markdown or of
schemas in general (:mod:`autograde.rubric`, :mod:`autograde.openapi`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import variants
from asking import generator, one, package, serving, works
from bad_requests import CODES, MANY, ONE
from load import Answer, Ask, ask
from models import Model, body, flights
from numpy.random import Generator

from autograde import commands, rubric
from autograde import openapi as described
from autograde.checks import Earned, require

Document = Mapping[str, Any]

FEATURES = ("carrier", "origin", "hour", "distance", "temp", "last_delay")

#: The errors that the description of each route has to list.
DESCRIBED = {
    ("get", "/health"): (500,),
    ("post", ONE): (400, 413, 415, 422, 500, 503),
    ("post", MANY): (400, 413, 415, 422, 500, 503),
}


def commands_of_readme(files: Mapping[str, bytes], points: float) -> Earned:
    """The blocks of commands, run in their order in a fresh copy."""
    own = package(files)
    listed = [
        block
        for block in rubric.blocks(_readme(own))
        if block.marks[:1] in (("bash",), ("sh",), ("shell",))
    ]
    servers = [number for number, block in enumerate(listed) if "server" in block.marks]
    require(bool(servers), "README.md has no block marked ```bash server")
    require(len(listed) > len(servers), "README.md has no block of commands beside the server's")
    require(any("pytest" in block.text for block in listed), "no block of README.md runs the tests")
    run = rubric.run_blocks(listed, {**own, **variants.supplied()}, _is_up, seconds=60)

    def up() -> None:
        require(
            all(run.up.values()),
            "the server that README.md starts does not answer GET /health on port 8000",
        )

    def end() -> Earned:
        others = [number for number in range(len(listed)) if number not in servers]
        bad = [n for n in others if run.statuses.get(n) not in _ends_well(listed[n])]
        words = f"{len(bad)} of {len(others)} blocks of commands in README.md do not end with 0"
        if bad:
            words += f", the first of them is block {bad[0] + 1}"
        return rubric.part_of(1, 1 - len(bad) / len(others), words)

    return rubric.shares(points, [(1, up), (1, end)])


def _ends_well(block: rubric.Block) -> tuple[int, ...]:
    """Statuses that are right: where pytest runs, what it says of the tests is not asked here."""
    # Pytest's: a test failed, the tests cannot be collected, there are none.
    return (0, 1, 2, 5) if "pytest" in block.text else (0,)


def _readme(own: Mapping[str, bytes]) -> str:
    require("README.md" in own, "there is no file README.md")
    return own["README.md"].decode("utf-8", "replace")


def _is_up(server: commands.Command) -> bool:
    answer = ask(server, Ask("GET", "/health"), 5.0)
    return answer.status == 200 and answer.object().get("status") == "ok"


# --- OpenAPI -------------------------------------------------------------------------------------


def openapi(files: Mapping[str, bytes], points: float) -> Earned:
    """Examples that fit their schemas; errors of every route; schemas that say what the app does.

    The requests are ours and not made from the app's own description: a tool that follows whatever
    a candidate's document refers to would do so on the grader's side.
    """
    own = package(files)
    rng = generator(11)
    model = Model(int(rng.integers(2**31)), quick_to_load=True)
    with serving(own, model) as server:
        document = server.ask(Ask("GET", "/openapi.json")).object()
        require(bool(document), "GET /openapi.json does not answer with the app's description")
        tried = [
            (path, given, server.ask(Ask("POST", path, body(given))))
            for path, given in [*_of_all_kinds(rng, 60), *_batches_of_all_kinds(rng, 12)]
        ]

    def requests() -> None:
        for path in (ONE, MANY):
            _fitting(document, _asked(document, path), f"a request to {path}")

    def responses() -> None:
        for method, path in DESCRIBED:
            _fitting(document, _answered(document, method, path, 200), f"the answer of {path}")

    def errors() -> None:
        for (method, path), statuses in DESCRIBED.items():
            summary = _operation(document, method, path).get("summary")
            require(isinstance(summary, str) and bool(summary), f"{path} has no summary in OpenAPI")
            for status in statuses:
                keys = _keys(document, _answered(document, method, path, status))
                require(
                    set(keys) == {"error", "request_id"},
                    f"{path}: OpenAPI does not describe the error {status} with its body",
                )

    def agrees() -> None:
        for path, given, answer in tried:
            fits = described.fits(document, _asked(document, path).get("schema"), given)
            require(
                answer.status == (200 if fits else 422),
                f"POST {path}: a body that {'fits' if fits else 'does not fit'} its schema in "
                f"OpenAPI is answered with {answer.status or 'nothing'}",
            )
            schema = _answered(document, "post", path, answer.status).get("schema")
            require(
                schema is not None and described.fits(document, schema, answer.json()),
                f"POST {path}: the body of an answer {answer.status} does not fit its schema in "
                "OpenAPI",
            )

    return rubric.shares(points, [(1, requests), (1, responses), (1, errors), (1, agrees)])


def _of_all_kinds(rng: Generator, n: int) -> Iterator[tuple[str, Any]]:
    """Requests for one flight, of which about half fit the contract."""
    odd = [None, True, "7", "", "EWR", "UAX", -1, 0, 5.5, 24, 139.5, 6000, 6001, [], {}]
    for number, flight in enumerate(flights(rng, n)):
        if number % 3:
            name = str(rng.choice([*FEATURES, "gate"]))
            flight[name] = odd[rng.integers(len(odd))]
        if number % 5 == 0:
            flight.pop(str(rng.choice(FEATURES)), None)
        yield ONE, flight


def _batches_of_all_kinds(rng: Generator, n: int) -> Iterator[tuple[str, Any]]:
    """Batches of up to five flights, some of them odd, and two bodies that are no batch."""
    for size in range(n):
        yield MANY, {"flights": [flight for _, flight in _of_all_kinds(rng, size % 6)]}
        yield MANY, {"flights": flights(rng, 1 + size % 6)}
    yield MANY, {"flights": {}}
    yield MANY, flights(rng, 2)


def typed(document: Document) -> None:
    """Require that what goes in and comes out is described with its names and types.

    Raises
    ------
    autograde.checks.Wrong
        If it is not.
    """
    outer = [
        ("get", "/health", {"status", "model_version"}),
        ("post", ONE, {"probability", "model_version"}),
        ("post", MANY, {"predictions", "model_version"}),
    ]
    for method, path, names in outer:
        keys = _keys(document, _answered(document, method, path, 200))
        require(
            set(keys) == names and _kind(document, keys["model_version"]) == "string",
            f"OpenAPI does not describe the answer of {path} with its names and types",
        )
    one_of = _keys(document, _answered(document, "post", ONE, 200))["probability"]
    listed = _keys(document, _answered(document, "post", MANY, 200))["predictions"]
    item = described.resolve(document, described.resolve(document, listed).get("items"))
    inner = item.get("properties")
    require(
        _kind(document, one_of) == "number"
        and isinstance(inner, dict)
        and _kind(document, inner.get("probability")) == "number",
        "OpenAPI does not describe a probability as a number",
    )
    require(
        set(_keys(document, _asked(document, ONE))) == set(FEATURES),
        "OpenAPI does not describe the six features of the request to /predict",
    )


def _operation(document: Document, method: str, path: str) -> dict[str, Any]:
    return _at(document, "paths", path, method)


def _at(tree: Any, *steps: str) -> dict[str, Any]:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def _asked(document: Document, path: str) -> dict[str, Any]:
    """The media type of a request's body."""
    body = described.resolve(document, _operation(document, "post", path).get("requestBody"))
    return _at(body, "content", "application/json")


def _answered(document: Document, method: str, path: str, status: int) -> dict[str, Any]:
    """The media type of a response's body."""
    responses = _at(_operation(document, method, path), "responses")
    answer = described.resolve(document, responses.get(str(status)))
    return _at(answer, "content", "application/json")


def _keys(document: Document, media: Mapping[str, Any]) -> dict[str, Any]:
    return _at(described.resolve(document, media.get("schema")), "properties")


def _kind(document: Document, schema: Any) -> Any:
    return described.resolve(document, schema).get("type")


def _fitting(document: Document, media: Mapping[str, Any], what: str) -> None:
    schema = media.get("schema")
    require(bool(_keys(document, media)), f"OpenAPI does not describe {what} with its names")
    found = list(described.examples(document, media))
    require(bool(found), f"OpenAPI has no example of {what}")
    fits = all(described.fits(document, schema, each) for each in found)
    require(fits, f"an example in OpenAPI of {what} is not valid by its own schema")


# --- the table of errors -------------------------------------------------------------------------


def table(files: Mapping[str, bytes], points: float) -> Earned:
    """A table of error codes and statuses that agrees with what the app does."""
    own = package(files)
    text = _readme(own)
    works(own)
    rows = list(_rows(text))
    require(bool(rows), "README.md has no table in which a row has an error code and a status")
    rng = generator(12)
    model = Model(int(rng.integers(2**31)), faults={55.5: ("ModelError", "")}, quick_to_load=True)
    (flight,) = flights(rng, 1)
    large = body(flight) + b" " * (1024 * 1024)
    asks = {
        400: Ask("POST", ONE, b"{"),
        404: Ask("GET", "/nowhere"),
        405: Ask("GET", ONE),
        413: Ask("POST", ONE, large),
        415: one(flight, Content_Type="text/plain"),
        422: one({**flight, "hour": 99}),
        503: one({**flight, "distance": 55.5}),
    }
    with serving(own, model) as server:
        seen = {_pair(server.ask(asked)) for asked in asks.values()}
    seen.add((CODES[500], 500))  # nothing that a request could bring about
    right = {(code, status) for status, code in CODES.items()}
    told = set(rows)
    agreed = len(told & seen & right)
    share = max(0, agreed - len(told - (seen & right))) / len(right)
    return rubric.part_of(
        points,
        share,
        f"the table of errors in README.md: {agreed} of {len(right)} codes stand there with the "
        f"status that the app answers, {len(told - seen)} rows do not agree with it",
    )


def _rows(text: str) -> Iterator[tuple[str, int]]:
    """Codes and statuses that stand in one row of a table."""
    for rows in rubric.tables(text):
        for row in rows:
            words = [cell.strip("`*_ ") for cell in row]
            codes = [word for word in words if word in CODES.values()]
            found = [re.fullmatch(r"([1-5]\d\d)\b.*", word) for word in words]
            statuses = [int(match[1]) for match in found if match]
            if len(codes) == 1 and len(statuses) == 1:
                yield codes[0], statuses[0]


def _pair(answer: Answer) -> tuple[str, int]:
    error = answer.object().get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return (code if isinstance(code, str) else "", answer.status)
