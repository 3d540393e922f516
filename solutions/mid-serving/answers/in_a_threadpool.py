# kind: right
# about: run_in_threadpool in the routes, a middleware as a function, the size checked by the route

# %% task="errors"
# %%writefile service/middleware.py
"""The id, the log line and the last resort of each request. Owns no route and no body."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from secrets import token_urlsafe

from fastapi import FastAPI, Request, Response

from service.errors import failure
from service.logs import request_id

log = logging.getLogger(__name__)
Next = Callable[[Request], Awaitable[Response]]


async def each_request(request: Request, call_next: Next) -> Response:
    """Give the request its id, let it be answered, and log what became of it."""
    begun = time.monotonic()
    given = request.headers.get("X-Request-ID", "")
    own = given if re.fullmatch("[A-Za-z0-9_-]{1,64}", given) else token_urlsafe(12)
    request_id.set(own)
    try:
        response = await call_next(request)
    except Exception:
        log.exception("request failed")
        response = failure(500)
    response.headers["X-Request-ID"] = own
    fields = {
        "method": request.method,
        "path": request.url.path,
        "status": response.status_code,
        "ms": 1000 * (time.monotonic() - begun),
    }
    log.info("request", extra={"fields": fields})
    return response


def install(app: FastAPI) -> None:
    """Let an app do this for each request."""
    app.middleware("http")(each_request)


# %% task="performance"
# %%writefile service/prediction.py
"""What the model is asked and what counts as its failure. Owns no request and no thread."""

from collections.abc import Sequence

from delay_model import DelayModel
from service.errors import PredictionFailed
from service.schemas import Flight, Probability


def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[Probability]:
    """Ask the model once for all flights; the calling thread waits.

    Raises
    ------
    PredictionFailed
        If it raises anything or returns something else than one probability a flight.
    """
    try:
        found = model.predict([flight.model_dump() for flight in flights]).tolist()
        answers = [Probability(probability=value) for value in found]
    except Exception as error:
        raise PredictionFailed from error
    if len(answers) != len(flights):
        raise PredictionFailed
    return answers


# %% task="errors.contract"
# %%writefile service/app.py
"""The app: its routes, what they take, and the life of the model."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from delay_model import DelayModel
from service import errors, logs, middleware
from service.prediction import probabilities
from service.schemas import Batch, Flight, Health, Prediction, Predictions

MAX_BODY = 2**20


class JsonRoute(APIRoute):
    """A route that reads its body itself, up to the limit."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the reading before it."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method == "POST":
                kind, _, _ = request.headers.get("Content-Type", "").partition(";")
                if kind.lower().strip() != "application/json":
                    raise HTTPException(415)
                request._body = await read(request)
            return await handler(request)

        return handle


async def read(request: Request) -> bytes:
    """Read a body chunk by chunk and stop where it becomes too large.

    Raises
    ------
    HTTPException
        413 for too many bytes, 400 for none.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, headers={"Connection": "close"})
    if not body:
        raise HTTPException(400)
    return bytes(body)


router = APIRouter(route_class=JsonRoute)
POSTED = errors.described(400, 413, 415, 422, 500, 503)


@router.get("/health", summary="Tell that it is up", responses=errors.described(500))
async def health(request: Request) -> Health:
    """Answer without a thread, so that no prediction delays it."""
    return Health(status="ok", model_version=request.app.state.model.version)


@router.post("/predict", summary="Predict one flight", responses=POSTED)
async def predict(flight: Flight, request: Request) -> Prediction:
    """Answer for one flight."""
    model: DelayModel = request.app.state.model
    (answer,) = await run_in_threadpool(probabilities, model, [flight])
    return Prediction(probability=answer.probability, model_version=model.version)


@router.post("/predict/batch", summary="Predict many flights", responses=POSTED)
async def predict_batch(batch: Batch, request: Request) -> Predictions:
    """Answer for up to 256 flights, in their order."""
    model: DelayModel = request.app.state.model
    answers = await run_in_threadpool(probabilities, model, batch.flights)
    return Predictions(predictions=answers, model_version=model.version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model in a thread, before the first request."""
    path = os.environ.get("MODEL_PATH", "data/model.npz")
    app.state.model = await run_in_threadpool(DelayModel.load, path)
    yield


def create_app() -> FastAPI:
    """Make an app that shares nothing with any other."""
    logs.set_up()
    app = FastAPI(title="Delays", lifespan=lifespan)
    app.router.redirect_slashes = False
    middleware.install(app)
    errors.install(app)
    app.include_router(router)
    return app
