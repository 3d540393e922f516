"""Our service in one file: what a candidate's service is compared with.

Owns the whole contract of the lab, and stands for ``service/app.py`` of our side in the hidden
checks. Owns no model (``delay_model.py``) and no rule for marking (``hidden.py``). In the lab's
reference solution the same service is a package of several modules.

It takes nothing from the grading side: its text is run in a candidate's sandbox.
"""

import json
import logging
import os
import re
import sys
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Annotated, Any, Literal

import numpy as np
from anyio import to_thread
from delay_model import DelayModel
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1024 * 1024
MAX_FLIGHTS = 256
DEFAULT_MODEL = "data/model.npz"
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

log = logging.getLogger("service")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


# -- schemas: what goes in and out ---------------------------------------------------------------

FLIGHT_EXAMPLE: JsonDict = {
    "carrier": "UA",
    "origin": "EWR",
    "hour": 17,
    "distance": 1400,
    "temp": 63.5,
    "last_delay": 42,
}


def whole(value: object) -> object:
    """Turn 5.0 into 5: JSON does not tell them apart. Anything else stays as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Schema(BaseModel):
    """Base of all bodies: no conversion between types, no unknown key, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Flight(Schema):
    """One flight, as it is known two hours before departure."""

    model_config = ConfigDict(json_schema_extra={"examples": [FLIGHT_EXAMPLE]})

    carrier: str = Field(min_length=2, max_length=2)
    origin: Literal["EWR", "JFK", "LGA"]
    hour: Annotated[int, Field(ge=0, le=23), BeforeValidator(whole)]
    distance: float = Field(gt=0, le=6000, description="miles")
    temp: float | None = Field(None, ge=-60, le=140, description="degrees Fahrenheit")
    last_delay: float | None = Field(None, ge=-120, le=3000, description="minutes")


class Batch(Schema):
    """Several flights."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"flights": [FLIGHT_EXAMPLE]}]})

    flights: list[Flight] = Field(min_length=1, max_length=MAX_FLIGHTS)


class Probability(Schema):
    """The answer for one flight of a batch."""

    probability: float = Field(ge=0, le=1)


class Prediction(Probability):
    """The answer for one flight."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"probability": 0.31, "model_version": "2013.1"}]}
    )

    model_version: str


class Predictions(Schema):
    """The answer for a batch, in the order of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"predictions": [{"probability": 0.31}], "model_version": "2013.1"}]
        }
    )

    predictions: list[Probability]
    model_version: str


class Health(Schema):
    """What a probe of the service is told."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "model_version": "2013.1"}]}
    )

    status: Literal["ok"]
    model_version: str


class FieldProblem(Schema):
    """One value of the request that is wrong."""

    path: str
    problem: str


class Failure(Schema):
    """What went wrong."""

    code: str
    message: str
    fields: list[FieldProblem]


class ErrorBody(Schema):
    """The body of every error."""

    error: Failure
    request_id: str


# -- errors: every one of them is answered here --------------------------------------------------

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
MESSAGES = {
    400: "the body is not JSON",
    404: "there is nothing at this path",
    405: "this path does not know this method",
    413: "the body is larger than 1 MiB",
    415: "the content type of a request is application/json",
    422: "the request does not fit its schema",
    500: "something went wrong on our side",
    503: "the model cannot answer now",
}


class PredictionFailed(Exception):
    """The model raised something, or what it returned is no probabilities."""


def failure(
    status: int, fields: Sequence[FieldProblem] = (), headers: dict[str, str] | None = None
) -> Response:
    """Make the response for one error; nothing of an exception's text gets into it."""
    body = ErrorBody(
        error=Failure(code=CODES[status], message=MESSAGES[status], fields=list(fields)),
        request_id=request_id.get() or "",
    )
    # As ASCII: the name of an unknown key may hold what cannot be encoded as UTF-8.
    text = json.dumps(body.model_dump())
    return Response(text, status, headers, media_type="application/json")


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a body that is no JSON or does not fit its schema."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return failure(400)
    return failure(
        422,
        [
            FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=problem["msg"])
            for problem in problems
        ],
    )


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework, a route or the limit on bodies refuses."""
    assert isinstance(error, HTTPException)
    status = error.status_code if error.status_code in CODES else 500
    return failure(status, headers=dict(error.headers or {}))


async def on_prediction_failed(request: Request, error: Exception) -> Response:
    """Answer a request for which the model failed."""
    log.error("prediction failed", exc_info=error.__cause__ or error)
    return failure(503)


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors for OpenAPI, each with an example."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        fields = []
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            fields = [{"path": "hour", "problem": "Input should be less than or equal to 23"}]
        error = {"code": CODES[status], "message": MESSAGES[status], "fields": fields}
        example = {"error": error, "request_id": "a1b2c3"}
        described[status] = {
            "model": ErrorBody,
            "description": MESSAGES[status],
            "content": {"application/json": {"example": example}},
        }
    return described


# -- every request: its id, its log line, the limit on its body ----------------------------------


class JsonLines(logging.Formatter):
    """One JSON object a line, with the id of the request that is being answered.

    Of an exception only its type and the places are told: its text may quote the request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "level": record.levelname,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["places"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
        return json.dumps(line)


def set_up_logging() -> None:
    """Let the service's log go to standard output; calling it twice changes nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


class EachRequest:
    """What is done for every request, whatever becomes of it.

    Pure ASGI, so that a body is counted while it arrives and is never kept when it is too large.

    Parameters
    ----------
    app
        What answers the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
        given = headers.get(b"x-request-id", "")
        own = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(own)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            await send(message)

        try:
            await self.app(scope, limited(receive, headers), sending)
        except Exception:
            log.exception("request failed")
            if not status:
                await failure(500)(scope, receive, sending)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(1000 * (time.perf_counter() - started), 3),
            }
            log.info("request", extra={"fields": fields})
            request_id.reset(token)


def limited(receive: Receive, headers: dict[bytes, str]) -> Receive:
    """Return a ``receive`` that raises as soon as the body is known to be too large."""
    # The rest of the body is never read, so the connection is of no more use.
    too_large = HTTPException(413, headers={"Connection": "close"})
    declared = headers.get(b"content-length", "")
    received = 0

    async def receiving() -> Message:
        nonlocal received
        if declared.isdigit() and int(declared) > MAX_BODY:
            raise too_large
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            raise too_large
        return message

    return receiving


# -- the routes ----------------------------------------------------------------------------------


class JsonRoute(APIRoute):
    """A route that takes nothing but JSON if it takes a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the two questions before it."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0]
                if kind.strip().lower() != "application/json":
                    raise HTTPException(415)
                if not await request.body():  # to the framework this is a missing field
                    raise HTTPException(400)
            return await handler(request)

        return handle


router = APIRouter(route_class=JsonRoute)


async def get_model(request: Request) -> DelayModel:
    """Return the app's model; a test may override this dependency."""
    model: DelayModel = request.app.state.model
    return model


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
    """Ask the model in a thread of its own, so that the event loop goes on answering.

    Raises
    ------
    PredictionFailed
        If it raises anything or returns something else than one probability a flight.
    """
    rows = [flight.model_dump() for flight in flights]

    def predict() -> list[float]:
        try:
            found = np.asarray(model.predict(rows), float)
        except Exception as error:
            raise PredictionFailed from error
        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
            raise PredictionFailed
        values: list[float] = found.tolist()
        return values

    return await to_thread.run_sync(predict)


@router.get("/health", summary="Say that the service is up", responses=error_responses(500))
async def health(model: Model) -> Health:
    """Answer at once, also while predictions run."""
    return Health(status="ok", model_version=model.version)


@router.post(
    "/predict",
    summary="Predict one flight",
    responses=error_responses(400, 413, 415, 422, 500, 503),
)
async def predict(flight: Flight, model: Model) -> Prediction:
    """Return the probability that a flight lands more than 15 minutes late."""
    (probability,) = await probabilities(model, [flight])
    return Prediction(probability=probability, model_version=model.version)


@router.post(
    "/predict/batch",
    summary="Predict up to 256 flights",
    responses=error_responses(400, 413, 415, 422, 500, 503),
)
async def predict_batch(batch: Batch, model: Model) -> Predictions:
    """Return the probabilities in the order of the flights; one bad flight refuses them all."""
    found = await probabilities(model, batch.flights)
    return Predictions(
        predictions=[Probability(probability=value) for value in found],
        model_version=model.version,
    )


# -- the app -------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model once, before the first request; without one the process ends."""
    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
    yield


def create_app() -> FastAPI:
    """Make an app that shares nothing with any other; the model is loaded when it starts."""
    set_up_logging()
    app = FastAPI(title="Delays", version="1.0.0", lifespan=lifespan, redirect_slashes=False)
    app.add_middleware(EachRequest)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PredictionFailed, on_prediction_failed)
    app.include_router(router)
    return app
