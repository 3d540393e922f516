# kind: right
# about: everything in service/app.py, the other files are not written; bodies are read before the app

# %% task="errors.refused"
# %%writefile service/schemas.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="errors.log"
# %%writefile service/logs.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="errors.failures"
# %%writefile service/errors.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="errors"
# %%writefile service/middleware.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="performance"
# %%writefile service/prediction.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="errors.contract"
# %%writefile service/app.py
"""The whole service: values, errors, log, predictions and routes, in this order."""

import json
import os
import re
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictStr
from pydantic.config import JsonDict
from pydantic.functional_validators import AfterValidator
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from delay_model import DelayModel

LIMIT = 1 << 20
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
current_id: ContextVar[str] = ContextVar("current_id")

# Values


def whole(value: float) -> int:
    """Turn 5.0 into 5 and refuse 5.5."""
    if value != int(value):
        raise ValueError("must be a whole number")
    return int(value)


Hour = Annotated[
    StrictFloat,
    Field(ge=0, le=23, allow_inf_nan=False, json_schema_extra={"type": "integer"}),
    AfterValidator(whole),
]


class Flight(BaseModel):
    """One flight."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    carrier: Annotated[StrictStr, Field(min_length=2, max_length=2, examples=["UA"])]
    origin: Annotated[Literal["EWR", "JFK", "LGA"], Field(examples=["EWR"])]
    hour: Annotated[Hour, Field(examples=[17])]
    distance: Annotated[StrictFloat, Field(gt=0, le=6000, examples=[1400])]
    temp: Annotated[StrictFloat, Field(ge=-60, le=140)] | None = None
    last_delay: Annotated[StrictFloat, Field(ge=-120, le=3000)] | None = None


FLIGHT: JsonDict = {"carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400}


class Batch(BaseModel):
    """Several flights."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"flights": [FLIGHT]}]}
    )

    flights: list[Flight] = Field(min_length=1, max_length=256)


class Health(BaseModel):
    """Says that the service is up."""

    status: Literal["ok"] = "ok"
    model_version: str


class One(BaseModel):
    """A probability of landing late."""

    probability: float = Field(ge=0, le=1)


class Prediction(One):
    """The answer for one flight."""

    model_version: str


class Predictions(BaseModel):
    """The answer for a batch."""

    predictions: list[One]
    model_version: str


class Wrong(BaseModel):
    """One wrong value."""

    path: str
    problem: str


class Problem(BaseModel):
    """What went wrong."""

    code: str
    message: str
    fields: list[Wrong]


class ErrorBody(BaseModel):
    """The body of every error."""

    error: Problem
    request_id: str


# Errors and log


class ModelFailed(HTTPException):
    """The model did not answer."""


def refuse(
    status: int, fields: list[Wrong], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Build the answer for an error."""
    code = CODES.get(status, "internal")
    error = Problem(code=code, message=code.replace("_", " ").capitalize(), fields=fields)
    body = ErrorBody(error=error, request_id=current_id.get())
    return JSONResponse(body.model_dump(), status, headers)


async def on_bug(request: Request, error: Exception) -> JSONResponse:
    """Answer what is not foreseen; this happens outside of the other middleware."""
    return refuse(500, [], {"X-Request-ID": current_id.get()})


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """Answer the two kinds of exception that are foreseen."""
    if isinstance(error, HTTPException):
        return refuse(error.status_code, [], error.headers)
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if found[0]["type"] == "json_invalid":
        return refuse(400, [])
    places = [".".join(str(step) for step in entry["loc"][1:]) for entry in found]
    keys = [place.encode(errors="replace").decode() for place in places]
    return refuse(422, [Wrong(path=key, problem="does not fit") for key in keys])


def say(**fields: object) -> None:
    """Write a line of the log."""
    sys.stdout.write(json.dumps({"request_id": current_id.get(), **fields}) + "\n")
    sys.stdout.flush()


def replay(body: bytes, receive: Receive) -> Receive:
    """Give the app a body that has been read."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        return next(messages, None) or await receive()

    return again


async def read(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """Read the body of a POST, and refuse it for its size or type.

    Raises
    ------
    HTTPException
        For 400, 413 and 415.
    """
    if headers.get(b"content-type", b"").lower().split(b";")[0].strip() != b"application/json":
        raise HTTPException(415)
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LIMIT:
            raise HTTPException(413, headers={"Connection": "close"})
    if not body:
        raise HTTPException(400)
    return body


class Outermost:
    """Gives a request its id and its line, reads its body, and answers the unforeseen."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, statuses = time.perf_counter(), [0]
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        own = given if re.fullmatch(r"[A-Za-z0-9_\-]{1,64}", given) else str(uuid.uuid4())
        current_id.set(own)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            await send(message)

        try:
            if scope["method"] == "POST":
                receive = replay(await read(headers, receive), receive)
            await self.app(scope, receive, sending)
        except HTTPException as error:
            await refuse(error.status_code, [], error.headers)(scope, receive, sending)
        except Exception:
            statuses.append(500)
            raise
        finally:
            ms = 1000 * (time.perf_counter() - begun)
            say(method=scope["method"], path=scope["path"], status=statuses[-1], ms=ms)


# Predictions and routes

router = APIRouter()
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": CODES[status]} for status in CODES
}


def example(value: object) -> dict[str, Any]:
    """Describe the answer of a route by an example."""
    return {"content": {"application/json": {"example": value}}}


async def ask(model: DelayModel, flights: list[Flight]) -> list[float]:
    """Ask the model once, in a thread.

    Raises
    ------
    ModelFailed
        Whatever the model raised.
    """
    rows = [flight.model_dump() for flight in flights]
    try:
        found: list[float] = (await anyio.to_thread.run_sync(model.predict, rows)).tolist()
    except Exception as error:
        say(level="error", message=f"the model raised {type(error).__name__}")
        raise ModelFailed(503) from error
    if len(found) != len(rows):
        raise ModelFailed(503)
    return found


@router.get(
    "/health",
    summary="Health",
    responses={500: ERRORS[500], 200: example({"status": "ok", "model_version": "2013.1"})},
)
async def health(request: Request) -> Health:
    """Say that the service is up."""
    return Health(model_version=request.app.state.model.version)


@router.post(
    "/predict",
    summary="One flight",
    responses={**ERRORS, 200: example({"probability": 0.5, "model_version": "2013.1"})},
    openapi_extra={"requestBody": example(FLIGHT)},
)
async def predict(flight: Flight, request: Request) -> Prediction:
    """Predict one flight."""
    model = request.app.state.model
    return Prediction(probability=(await ask(model, [flight]))[0], model_version=model.version)


@router.post(
    "/predict/batch",
    summary="Many flights",
    responses={
        **ERRORS,
        200: example({"predictions": [{"probability": 0.5}], "model_version": "2013.1"}),
    },
)
async def predict_batch(batch: Batch, request: Request) -> Predictions:
    """Predict many flights, in their order."""
    model = request.app.state.model
    found = [One(probability=value) for value in await ask(model, batch.flights)]
    return Predictions(predictions=found, model_version=model.version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model."""
    app.state.model = DelayModel.load(os.getenv("MODEL_PATH") or "data/model.npz")
    yield


def create_app() -> FastAPI:
    """Make an app."""
    handlers: dict[Any, Any] = {HTTPException: on_error, RequestValidationError: on_error}
    handlers[Exception] = on_bug
    app = FastAPI(lifespan=lifespan, exception_handlers=handlers, redirect_slashes=False)
    app.include_router(router)
    app.add_middleware(Outermost)
    return app
