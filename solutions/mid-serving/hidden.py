"""The hidden checks of mid-serving: one function for each check cell.

Owns task 1, what the service answers; :mod:`measured` owns how fast it is, how it is built and what
its tests find, :mod:`documents` what is written about it. All of it runs in commands of its own
with models that the candidate has not seen (:mod:`models`), and what decides is what came over a
connection.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asking import (
    COMMAND,
    Files,
    Service,
    generator,
    many,
    one,
    package,
    problem,
    right_many,
    right_one,
    serving,
)
from bad_requests import MANY, ONE, listed
from documents import commands_of_readme, openapi, table
from load import Answer, Ask
from measured import batch_speed, concurrent, design, health, lint, suite, types
from models import Model, body, flights

from autograde import commands, rubric
from autograde.checks import Earned, Wrong, require

__all__ = [
    "batch", "batch_speed", "commands_of_readme", "concurrent", "contract", "design", "failures",
    "health", "lint", "log", "openapi", "refused", "suite", "table", "types",
]  # fmt: skip


def contract(files: Mapping[str, bytes], points: float) -> Earned:
    """Right answers to right requests, ids, and where the model comes from.

    An app that answers nothing right earns nothing for ending, too.
    """
    own = package(files)
    rng = generator(1)
    first, second = (Model(int(rng.integers(2**31))) for _ in range(2))
    elsewhere = {"elsewhere/other.npz": second.files["data/model.npz"]}

    with serving({**own, **elsewhere}, first) as server:

        def healthy() -> None:
            answer = server.ask(Ask("GET", "/health"))
            right = {"status": "ok", "model_version": first.version}
            require(
                answer.status == 200 and answer.json() == right,
                "GET /health does not answer 200 with status and model_version",
            )

        def predicted() -> None:
            for flight in flights(rng, 8):
                answer = server.ask(one(flight))
                right_one(answer, flight, first, "a flight", rounded=False)
            for n, kind in ((1, "one flight"), (256, "256 flights")):
                given = flights(rng, n)
                right_many(server.ask(many(given)), given, first, kind, rounded=False)

        def at_the_bounds() -> None:
            (flight,) = flights(rng, 1)
            cases: list[tuple[str, dict[str, Any]]] = [
                ("an hour written 5.0", {"hour": 5.0}),
                ("a distance that is a whole number", {"distance": 812}),
                ("values at the upper bounds",
                 {"hour": 23, "distance": 6000, "temp": 140, "last_delay": 3000}),
                ("values at the lower bounds",
                 {"hour": 0, "distance": 0.5, "temp": -60, "last_delay": -120}),
                ("null for temp and last_delay", {"temp": None, "last_delay": None}),
            ]  # fmt: skip
            for kind, change in cases:
                given = {**flight, **change}
                right_one(server.ask(one(given)), given, first, kind)
            short = {name: flight[name] for name in ("carrier", "origin", "hour", "distance")}
            answer = server.ask(one(short))
            right_one(answer, short, first, "temp and last_delay absent")
            answer = server.ask(one(short, Content_Type="application/json; charset=utf-8"))
            right_one(answer, short, first, "a charset in the content type")
            padded = body(short) + b" " * (1024 * 1024 - len(body(short)))
            answer = server.ask(Ask("POST", ONE, padded))
            right_one(answer, short, first, "a body of exactly 1 MiB")

        parts = [(1.5, healthy), (4, predicted), (3, at_the_bounds), (3, lambda: _ids(server, rng))]
        kept = rubric.shares(1.0, parts)

    def from_elsewhere() -> None:
        (flight,) = flights(rng, 1)
        environment = {"MODEL_PATH": "elsewhere/other.npz"}
        with serving({**own, **elsewhere}, first, environment) as other:
            answer = other.ask(one(flight))
            right_one(answer, flight, second, "MODEL_PATH set to another artefact")

    def ends() -> None:
        cases: list[tuple[str, Files, dict[str, str]]] = [
            ("an artefact that is no model", {"data/model.npz": b"this is no model"}, {}),
            ("a MODEL_PATH where there is no file", {}, {"MODEL_PATH": "data/none.npz"}),
        ]
        for kind, broken, environment in cases:
            given = {**own, **first.files, **broken}
            ended = commands.run(COMMAND, given, seconds=10, environment=environment)
            require(
                ended.why == "by itself" and ended.status != 0,
                "'If it cannot be loaded, the process ends within 10 s with a status other than "
                f"0': not so with {kind}",
            )

    later: list[tuple[float, Callable[[], object]]] = [(1.5, from_elsewhere), (1, ends)]
    return rubric.shares(points, [(11.5, lambda: kept), *(later if kept else [])])


def _ids(server: Service, rng: Any) -> None:
    """The request's own id if it is one, otherwise a new one, in header and body."""
    (flight,) = flights(rng, 1)
    right = ["a-B_9" * 8, "x", "Z" * 64]
    wrong = ["", "Z" * 65, "two words", "semi;colon", "a/b"]
    made = set()
    for what, sent in (("a right", right), ("no right", wrong)):
        for number, given in enumerate(sent):
            nowhere = Ask("GET", "/nowhere", headers={"X-Request-ID": given})
            asked = [one(flight, X_Request_ID=given), one({}, X_Request_ID=given), nowhere]
            answer = server.ask(asked[number % 3])
            own = answer.headers.get("x-request-id", "")
            require(
                own == given if sent is right else own not in ("", given),
                f"the response's header X-Request-ID is not as the text says, given {what} id in "
                f"that of the request (status {answer.status})",
            )
            if answer.status != 200:
                require(
                    answer.object().get("request_id") == own,
                    "the request_id of an error is not that of the response's header X-Request-ID",
                )
            made.add(own)
    require(len(made) == len(right + wrong), "a new request id is one that was given before")


def refused(files: Mapping[str, bytes], points: float) -> Earned:
    """Bad requests of many kinds: points by how many are refused as the text says, beyond half."""
    own = package(files)
    rng = generator(2)
    model = Model(int(rng.integers(2**31)), quick_to_load=True)
    bad = listed(rng)
    lost: list[str] = []

    def still_answers(server: Service, when: str) -> None:
        (flight,) = flights(rng, 1)
        right_one(server.ask(one(flight)), flight, model, when)

    with serving(own, model) as server:
        still_answers(server, "a flight")
        for case in bad:
            if found := problem(server.ask(case.ask), case.statuses, case.field):
                lost.append(f"{case.ask.method} {case.ask.path} with {case.kind}: {found}")
        still_answers(server, "a flight after bad requests")
    share = max(0.0, 1 - 2 * len(lost) / len(bad))
    right = len(bad) - len(lost)
    words = f"{right} of {len(bad)} kinds of bad requests are refused as the text says"
    return Earned(points * share, "; ".join([words, *lost[:2]]))


def batch(files: Mapping[str, bytes], points: float) -> Earned:
    """Order, sizes, and one bad flight that refuses all."""
    own = package(files)
    rng = generator(3)
    model = Model(int(rng.integers(2**31)))

    with serving(own, model) as server:

        def in_order() -> None:
            for n, kind in ((9, "nine flights"), (1, "one flight"), (256, "256 flights")):
                given = flights(rng, n)
                right_many(server.ask(many(given)), given, model, kind, rounded=False)

        def as_alone() -> None:
            (flight,) = flights(rng, 1)
            given = [flight, *flights(rng, 3), flight]
            kind = "a flight that is there twice"
            right_many(server.ask(many(given)), given, model, kind)
            right_one(server.ask(one(flight)), flight, model, "a flight of a batch")

        def refused_whole() -> None:
            for at, kind in ((0, "the first"), (3, "one in the middle"), (7, "the last")):
                given = flights(rng, 8)
                given[at]["hour"] = 24 + at
                found = problem(server.ask(many(given)), (422,), f"flights.{at}.hour")
                require(not found, f"POST /predict/batch with a bad flight, {kind}: {found}")

            given = flights(rng, 6)
            given[1]["hour"], given[4]["carrier"] = 77, "X"
            for field in ("flights.1.hour", "flights.4.carrier"):
                found = problem(server.ask(many(given)), (422,), field)
                require(not found, f"POST /predict/batch with two bad flights: {found}")

        def sizes() -> None:
            for n in (0, 257):
                found = problem(server.ask(many(flights(rng, n))), (422,), "flights")
                require(not found, f"POST /predict/batch with {n} flights: {found}")
            given = flights(rng, 3)
            text = body({"flights": given})
            exactly = text + b" " * (1024 * 1024 - len(text))
            answer = server.ask(Ask("POST", MANY, exactly))
            right_many(answer, given, model, "a body of exactly 1 MiB")
            answer = server.ask(Ask("POST", MANY, iter([exactly])))
            right_many(answer, given, model, "a body of exactly 1 MiB in chunks")
            cases: list[tuple[str, bytes | Iterator[bytes]]] = [
                ("a body of 1 MiB and one byte", exactly + b" "),
                ("a body of 1 MiB and one byte in chunks", iter([exactly, b" "])),
                ("a body in chunks that never ends", itertools.repeat(b" " * 65536)),
            ]
            for kind, large in cases:
                found = problem(server.ask(Ask("POST", MANY, large)), (413,))
                require(not found, f"POST /predict/batch with {kind}: {found}")

        parts = [(3, in_order), (1, as_alone), (3, refused_whole), (3, sizes)]
        return rubric.shares(points, parts)


def failures(files: Mapping[str, bytes], points: float) -> Earned:
    """A model that raises: 503 and nothing of its words, and afterwards all is well."""
    own = package(files)
    rng = generator(4)
    secret = f"secret{rng.integers(10**9)}"
    faults = ["ModelError", "ValueError", "KeyError", "MemoryError"]
    at = {float(100 + i) + 0.25: (kind, f"{secret} {kind}") for i, kind in enumerate(faults)}
    odd = {210.125: "nan", 211.125: "short"}
    model = Model(int(rng.integers(2**31)), faults=at, odd=odd)

    with serving(own, model) as server:
        (flight,) = flights(rng, 1)
        right_one(server.ask(one(flight)), flight, model, "a flight")

        def answered() -> None:
            for distance, (kind, _) in at.items():
                bad = {**flight, "distance": distance}
                for asked in (one(bad), many([flight, bad])):
                    answer = server.ask(asked)
                    found = problem(answer, (503,))
                    if not found and secret in answer.text + str(answer.headers):
                        found = "the text of the model's exception is in the answer"
                    what = "a ModelError" if kind == "ModelError" else "another exception"
                    require(not found, f"POST {asked.path} while the model raises {what}: {found}")

        def no_probability() -> None:
            for distance, kind in odd.items():
                bad = {**flight, "distance": distance}
                for asked in (one(bad), many([flight, bad, flight])):
                    found = problem(server.ask(asked), (500, 503))
                    what = "NaN" if kind == "nan" else "a value less than there are flights"
                    require(not found, f"POST {asked.path} while the model returns {what}: {found}")

        def goes_on() -> None:
            answer = server.ask(Ask("GET", "/health"))
            require(answer.status == 200, "GET /health after a model failure does not answer 200")
            answer = server.ask(one(flight))
            right_one(answer, flight, model, "a flight after a model failure")

        return rubric.shares(points, [(4, answered), (1, no_probability), (1, goes_on)])


def log(files: Mapping[str, bytes], points: float) -> Earned:
    """One JSON line for each request, with its id and nothing of its body."""
    own = package(files)
    rng = generator(5)
    word = f"word{rng.integers(10**9)}"
    model = Model(int(rng.integers(2**31)), faults={77.125: ("ValueError", "broken")})
    given = flights(rng, 4)
    asked = [
        one(given[0], X_Request_ID=f"id-{rng.integers(10**9)}"),
        many(given[1:3]),
        one({**given[3], "distance": word}, X_Request_ID=f"id_{rng.integers(10**9)}"),
        Ask("POST", ONE, f'{{"carrier": "{word}'.encode()),
        Ask("GET", f"/nowhere/{rng.integers(1000)}"),
        one({**given[3], "distance": 77.125}),
        Ask("GET", "/health", headers={"X-Request-ID": f"{rng.integers(10**9)}"}),
    ]
    values = [word, *(str(flight["distance"]) for flight in given)]

    with serving(own, model) as server:
        # What it wrote as it started may come late: it is over once the line of a request is here.
        first = f"begin-{rng.integers(10**9)}"
        server.ask(Ask("GET", "/health", headers={"X-Request-ID": first}))
        deadline = time.monotonic() + 2
        while first not in server.output and time.monotonic() < deadline:
            time.sleep(0.05)
        begun = server.output.rfind("\n") + 1
        answers = [server.ask(each) for each in asked]
        right_one(answers[0], given[0], model, "a flight")
        deadline = time.monotonic() + 2
        while True:
            lines = server.output[begun:].splitlines()
            found = [_of_request(lines, *pair) for pair in zip(asked, answers, strict=True)]
            if all(found) or time.monotonic() > deadline:
                break
            time.sleep(0.05)

    def one_line_each() -> None:
        for each, answer, n in zip(asked, answers, found, strict=True):
            require(
                n == 1,
                "'one JSON object a line for each request' with request_id, method, path, status "
                f"and ms: {n} lines for one answered with {answer.status} ({each.method})",
            )

    def all_json() -> None:
        require(sum(found) > 0, "no line of the log is a JSON object with a request_id")
        for line in lines:
            require(
                not line.strip() or bool(_parsed(line).get("request_id")),
                "a line of the log is not JSON with its request_id",
            )

    def nothing_of_bodies() -> None:
        require(sum(found) > 0, "no line of the log is a JSON object with a request_id")
        leaks = any(value in line for value in values for line in lines)
        require(not leaks, "'nothing of the request's body in any line': a value of one is in it")

    return rubric.shares(points, [(2, one_line_each), (1, all_json), (1, nothing_of_bodies)])


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_request(lines: list[str], asked: Ask, answer: Answer) -> int:
    """How many lines tell of a request, with all that is asked for."""
    if not answer.status:
        raise Wrong(f"a request is not answered: {answer.why}")
    right = {
        "request_id": answer.headers.get("x-request-id"),
        "method": asked.method,
        "path": asked.path,
        "status": answer.status,
    }
    count = 0
    for line in map(_parsed, lines):
        ms = line.get("ms")
        timed = isinstance(ms, int | float) and not isinstance(ms, bool) and 0 <= ms < 60_000
        count += timed and all(line.get(key) == value for key, value in right.items())
    return count
