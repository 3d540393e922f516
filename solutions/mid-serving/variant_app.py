"""The same service as the solution in ``lab.py``, written quite otherwise.

Owns an equivalent of ours: a suite of tests that asks for the contract and nothing else passes on
both. Bodies are read and judged by hand instead of by pydantic, so that words, the order of keys
and what else is logged differ. Its text is run in a candidate's sandbox, never here.
"""

import asyncio
import json
import math
import os
import string
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from secrets import token_urlsafe
from typing import Any

import delay_model
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

LIMIT = 2**20
ALLOWED = frozenset(string.ascii_letters + string.digits + "-_")
NAMES = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported",
    422: "invalid",
    500: "internal",
    503: "model_failure",
}
Problems = list[dict[str, str]]


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, fields: Problems | None = None) -> None:
        super().__init__(status)
        self.status, self.fields = status, fields or []


# -- flights -------------------------------------------------------------------------------------


def is_number(value: object) -> bool:
    """Whether it is a finite JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_carrier(value: object) -> bool:
    """Two characters."""
    return isinstance(value, str) and len(value) == 2


def is_origin(value: object) -> bool:
    """One of the three airports."""
    return isinstance(value, str) and value in {"EWR", "JFK", "LGA"}


def is_hour(value: Any) -> bool:
    """A whole number from 0 to 23."""
    return is_number(value) and value == math.floor(value) and 0 <= value <= 23


def is_distance(value: Any) -> bool:
    """Above 0, at most 6000."""
    return is_number(value) and 0 < value <= 6000


def is_temp(value: Any) -> bool:
    """Null, or from -60 to 140."""
    return value is None or (is_number(value) and -60 <= value <= 140)


def is_last_delay(value: Any) -> bool:
    """Null, or from -120 to 3000."""
    return value is None or (is_number(value) and -120 <= value <= 3000)


RULES: Mapping[str, Callable[[Any], bool]] = {
    "carrier": is_carrier,
    "origin": is_origin,
    "hour": is_hour,
    "distance": is_distance,
    "temp": is_temp,
    "last_delay": is_last_delay,
}
OPTIONAL = {"temp", "last_delay"}


def judge(flight: object, prefix: str) -> Problems:
    """All that is wrong with one flight."""
    if not isinstance(flight, dict):
        return [{"path": prefix.removesuffix("."), "problem": "no object"}]
    found = [
        {"problem": "no such key", "path": prefix + name} for name in flight if name not in RULES
    ]
    for name, fits in RULES.items():
        if name not in flight:
            if name not in OPTIONAL:
                found.append({"problem": "absent", "path": prefix + name})
        elif not fits(flight[name]):
            found.append({"problem": fits.__doc__ or "", "path": prefix + name})
    return found


def complete(flight: Mapping[str, Any]) -> dict[str, Any]:
    """The flight with all six features."""
    return {"temp": None, "last_delay": None, **flight}


def predictions(
    model: delay_model.DelayModel, rows: list[dict[str, Any]]
) -> list[dict[str, float]] | None:
    """One answer a flight; None if the model fails, in whatever way."""
    try:
        found = [float(p) for _, p in zip(rows, model.predict(rows), strict=True)]
    except Exception:
        return None
    return [{"probability": p} for p in found] if all(0 <= p <= 1 for p in found) else None


# -- requests ------------------------------------------------------------------------------------


async def read(request: Request) -> Any:
    """The body of a POST as JSON."""
    media_type, _, _ = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise Refusal(415)
    if int(request.headers.get("content-length", 0)) > LIMIT:
        raise Refusal(413)
    text = bytearray()
    async for part in request.stream():
        text += part
        if len(text) > LIMIT:
            raise Refusal(413)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal(400) from None


class Service:
    """The routes and what they share: the model, and threads for it."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(16)
        self.model: delay_model.DelayModel | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Load the model before the first request."""
        self.model = delay_model.DelayModel.load(os.getenv("MODEL_PATH") or "data/model.npz")
        yield
        self.threads.shutdown(wait=False)

    async def ask(self, flights: list[dict[str, Any]]) -> list[dict[str, float]]:
        """One answer a flight."""
        assert self.model is not None
        rows = [complete(flight) for flight in flights]
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self.threads, predictions, self.model, rows)
        if answers is None:
            raise Refusal(503)
        return answers

    @property
    def version(self) -> str:
        """The version of the model."""
        assert self.model is not None
        return self.model.version

    async def health(self) -> dict[str, str]:
        """Say that it is up."""
        return {"model_version": self.version, "status": "ok"}

    async def one(self, request: Request) -> dict[str, Any]:
        """Answer for one flight."""
        flight = await read(request)
        if problems := judge(flight, ""):
            raise Refusal(422, problems)
        return {"model_version": self.version, **(await self.ask([flight]))[0]}

    async def many(self, request: Request) -> dict[str, Any]:
        """Answer for a batch."""
        batch = await read(request)
        if not isinstance(batch, dict):
            raise Refusal(422, [{"path": "", "problem": "no object"}])
        problems = [{"path": name, "problem": "no such key"} for name in batch if name != "flights"]
        flights: Any = batch.get("flights")
        if not isinstance(flights, list) or not 0 < len(flights) < 257:
            problems.append({"path": "flights", "problem": "a list of 1 to 256 flights"})
        else:
            for position, flight in enumerate(flights):
                problems += judge(flight, f"flights.{position}.")
        if problems:
            raise Refusal(422, problems)
        return {"model_version": self.version, "predictions": await self.ask(flights)}


# -- answers -------------------------------------------------------------------------------------


def refuse(request: Request, status: int, fields: Problems | None = None) -> Response:
    """The response for an error."""
    own = request.state.id
    problem = {"fields": fields or [], "message": f"no: {NAMES[status]}", "code": NAMES[status]}
    text = json.dumps({"request_id": own, "error": problem}, indent=1)
    close = {"connection": "close"} if status == 413 else {}
    return Response(text, status, {"x-request-id": own, **close}, "application/json")


async def each(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give a request its id, and log it."""
    begun = time.monotonic()
    given = request.headers.get("x-request-id", "")
    fits = 0 < len(given) <= 64 and set(given) <= ALLOWED
    request.state.id = given if fits else token_urlsafe(12)
    try:
        response = await go_on(request)
    except Exception:
        response = refuse(request, 500)
    response.headers["x-request-id"] = request.state.id
    line = {
        "time": time.time(),
        "ms": 1000 * (time.monotonic() - begun),
        "status": response.status_code,
        "path": request.url.path,
        "method": request.method,
        "request_id": request.state.id,
        "client": "unknown",
    }
    print(json.dumps(line), flush=True)
    return response


async def refused(request: Request, error: Exception) -> Response:
    """Answer a refusal of ours."""
    assert isinstance(error, Refusal)
    return refuse(request, error.status, error.fields)


async def unknown(request: Request, error: Exception) -> Response:
    """Answer a refusal of the framework's."""
    assert isinstance(error, HTTPException)
    answer = refuse(request, error.status_code if error.status_code in NAMES else 500)
    answer.headers.update(error.headers or {})
    return answer


def create_app() -> FastAPI:
    """Make the app."""
    service = Service()
    app = FastAPI(lifespan=service.lifespan, redirect_slashes=False)
    app.middleware("http")(each)
    app.exception_handler(Refusal)(refused)
    app.exception_handler(HTTPException)(unknown)
    app.add_api_route("/health", service.health)
    app.add_api_route("/predict", service.one, methods=["POST"])
    app.add_api_route("/predict/batch", service.many, methods=["POST"])
    return app
