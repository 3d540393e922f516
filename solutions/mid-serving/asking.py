"""The candidate's service as a check meets it: started with a model of ours, asked, and judged.

Owns what every hidden check needs before it can ask for anything: the files that are taken over,
the start, and the reading of one answer. Reasons name a sentence of the text and a kind of request,
never a hidden value. Owns no points.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import load
import numpy as np
from bad_requests import CODES, MANY, ONE
from load import PORT, Answer, Ask
from models import Model, body, flights

from autograde import commands
from autograde.checks import Wrong, require, seeds

Files = dict[str, bytes]

HERE = Path(__file__).parent
#: Seconds until the app listens, for the answer to one request, and for all of a check.
START, REQUEST, PATIENCE = 10.0, 5.0, 40.0
UVICORN = ["python", "-m", "uvicorn", "--factory", "service.app:create_app"]
COMMAND = [*UVICORN, "--port", str(PORT), "--no-access-log"]
#: Signs of an exception in a body.
TRACES = ("Traceback", 'File "', '.py"', ".py:", "Error(")


def generator(purpose: int) -> np.random.Generator:
    """Random numbers for one check, other ones for each submission."""
    return np.random.default_rng([seeds(1)[0], purpose])


def package(files: Any, *folders: str) -> Files:
    """The candidate's own files below some folders; all but the model if none is named.

    Raises
    ------
    Wrong
        If ``service/app.py`` is not among them.
    """
    require(isinstance(files, Mapping), "the files of your working directory are asked for")
    own: Files = {}
    for path, content in files.items():
        if not isinstance(path, str) or not isinstance(content, bytes | str):
            continue
        steps = path.split("/")
        if not all(steps) or ".." in steps or path == "delay_model.py" or steps[0] == "data":
            continue
        if not folders or steps[0] in folders:
            own[path] = content.encode() if isinstance(content, str) else bytes(content)
    require("service/app.py" in own or "service" not in (folders or ("service",)),
            "there is no file service/app.py")  # fmt: skip
    return own


class Service:
    """A running app; it answers nothing any more when it has kept a check waiting too long."""

    def __init__(self, command: commands.Command) -> None:
        self.command = command
        self._until = time.monotonic() + PATIENCE

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.command.output

    def ask(self, what: Ask, seconds: float = REQUEST) -> Answer:
        """Send one request and wait for its answer."""
        left = self._until - time.monotonic()
        if left <= 0:
            return Answer(0, why="no answer in time")
        return load.ask(self.command, what, min(seconds, left))

    def rush(
        self,
        clients: Sequence[Sequence[Ask]],
        seconds: float,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[list[Answer]]:
        """Let several clients send their requests (:func:`load.rush`)."""
        return load.rush(self.command, clients, seconds, meanwhile)


@contextmanager
def serving(
    own: Files, model: Model, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """The app with that model in its place, listening.

    Raises
    ------
    Wrong
        If it does not start.
    """
    with commands.start(COMMAND, {**own, **model.files}, environment=environment) as server:
        first = server.connect(PORT, START)
        if first is None:
            how = "does not listen within 10 seconds" if server.running else "ends at its start"
            raise Wrong(f"the app that create_app() makes {how}")
        first.close()
        yield Service(server)


def said(answer: Answer) -> str:
    """What was received, for a reason."""
    return f"yours was {answer.status}" if answer.status else f"yours gave none: {answer.why}"


def is_probability(found: Any, right: float, *, rounded: bool) -> bool:
    """Whether a number of an answer is the probability that the model gave; perhaps rounded."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    # Rounding to two digits moves a number by 0.005.
    return math.isclose(found, right, rel_tol=0, abs_tol=6e-3 if rounded else 1e-9)


def one(flight: Any, **headers: str) -> Ask:
    """A request for one flight."""
    return Ask("POST", ONE, body(flight), {k.replace("_", "-"): v for k, v in headers.items()})


def many(listed: Sequence[Any]) -> Ask:
    """A request for a batch."""
    return Ask("POST", MANY, body({"flights": listed}))


def right_one(
    answer: Answer, flight: Mapping[str, Any], model: Model, kind: str, *, rounded: bool = True
) -> None:
    """Require the right answer to one flight.

    Where something else is asked for, and this only shows that there is a service at all, a
    probability may be rounded: that costs points in one place and not in eight.
    """
    require(answer.status == 200, f"POST /predict with {kind}: status 200 is asked for, "
            f"{said(answer)}")  # fmt: skip
    found = answer.object()
    require(
        set(found) == {"probability", "model_version"},
        f"POST /predict with {kind}: the body has not exactly the keys probability, model_version",
    )
    require(
        is_probability(found["probability"], model.probabilities([flight])[0], rounded=rounded),
        f"POST /predict with {kind}: probability is not {'' if rounded else 'exactly '}what the "
        "model says",
    )
    require(found["model_version"] == model.version, "model_version is not that of the model")


def right_many(
    answer: Answer,
    listed: Sequence[Mapping[str, Any]],
    model: Model,
    kind: str,
    *,
    rounded: bool = True,
) -> None:
    """Require the right answer to a batch; for ``rounded`` see :func:`right_one`."""
    require(answer.status == 200, f"POST /predict/batch with {kind}: status 200 is asked for, "
            f"{said(answer)}")  # fmt: skip
    found = answer.object()
    require(
        set(found) == {"predictions", "model_version"},
        "POST /predict/batch: the body has not exactly the keys predictions, model_version",
    )
    each = found["predictions"]
    shaped = isinstance(each, list) and all(
        isinstance(item, dict) and set(item) == {"probability"} for item in each
    )
    require(shaped, "POST /predict/batch: predictions is not a list of objects with a probability")
    right = model.probabilities(listed)
    require(
        len(each) == len(right),
        f"POST /predict/batch with {kind}: one prediction for each flight is asked for",
    )
    require(
        all(
            is_probability(item["probability"], p, rounded=rounded)
            for item, p in zip(each, right, strict=True)
        ),
        f"POST /predict/batch with {kind}: the predictions are not those of the model, 'in the "
        "order of the request'",
    )
    require(found["model_version"] == model.version, "model_version is not that of the model")


def problem(answer: Answer, statuses: Sequence[int], field: str | None = None) -> str:
    """What is wrong with the answer to a request that has to be refused; empty if nothing is."""
    if answer.status not in statuses:
        asked = " or ".join(map(str, statuses))
        return f"status {asked} is asked for, {said(answer)}"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return "the body of the error is not JSON"
    found = answer.object()
    error = found.get("error")
    if set(found) != {"error", "request_id"} or not isinstance(error, dict):
        return "the body has not exactly the keys error and request_id"
    if set(error) != {"code", "message", "fields"}:
        return "error has not exactly the keys code, message, fields"
    if error["code"] != CODES[answer.status]:
        return f"the code is not {CODES[answer.status]}"
    if not (isinstance(error["message"], str) and error["message"]):
        return "the message is no text"
    if not (isinstance(found["request_id"], str) and found["request_id"]):
        return "the request_id is no text"
    if any(trace in answer.text for trace in TRACES):
        return "the body shows a traceback or the name of a file"
    return _problem_of_fields(error["fields"], error["code"], field)


def _problem_of_fields(fields: Any, code: str, field: str | None) -> str:
    shaped = isinstance(fields, list) and all(
        isinstance(each, dict)
        and set(each) == {"path", "problem"}
        and all(isinstance(value, str) for value in each.values())
        for each in fields
    )
    if not shaped:
        return "fields is not a list of objects with path and problem"
    if code != "invalid":
        return "fields is not [] though the code is not invalid" if fields else ""
    if not fields:
        return "fields names nothing that is invalid"
    # Some validators add which of several types a value was tried as.
    paths = [each["path"] for each in fields]
    if field is not None and not any(f"{path}.".startswith(f"{field}.") for path in paths):
        return "fields does not name the path of the value that is wrong"
    return ""


def works(own: Files) -> None:
    """Require that the app starts and answers one flight.

    Raises
    ------
    Wrong
        If it does not: then there is nothing whose quality could be asked for.
    """
    rng = generator(99)
    model = Model(int(rng.integers(2**31)), quick_to_load=True)
    (flight,) = flights(rng, 1)
    with serving(own, model) as server:
        right_one(server.ask(one(flight)), flight, model, "a flight")
