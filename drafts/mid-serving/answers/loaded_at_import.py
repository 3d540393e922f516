# kind: wrong
# about: the model is loaded when service.app is imported
# loses: [quality, docs]

# %% task="errors.contract"
# %%writefile service/app.py
"""The app: its routes, and how it is put together.

Owns paths, and the life of the model. Owns no rule about values, errors or logs.
"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.routing import APIRoute

from delay_model import DelayModel
from service import errors, logs
from service.middleware import EachRequest
from service.prediction import Model, probabilities
from service.schemas import Batch, Flight, Health, Prediction, Predictions, Probability

MODEL = DelayModel.load(os.environ.get("MODEL_PATH", "data/model.npz"))


class JsonRoute(APIRoute):
    """A route that takes nothing but JSON if it takes a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with two questions before it."""
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
predicting = errors.described(400, 413, 415, 422, 500, 503)


@router.get("/health", summary="Say that the service is up", responses=errors.described(500))
async def health(model: Model) -> Health:
    """Answer at once, also while predictions run."""
    return Health(status="ok", model_version=model.version)


@router.post("/predict", summary="Predict one flight", responses=predicting)
async def predict(flight: Flight, model: Model) -> Prediction:
    """Return the probability that a flight lands more than 15 minutes late."""
    (probability,) = await probabilities(model, [flight])
    return Prediction(probability=probability, model_version=model.version)


@router.post("/predict/batch", summary="Predict up to 256 flights", responses=predicting)
async def predict_batch(batch: Batch, model: Model) -> Predictions:
    """Return the probabilities in the order of the flights; one bad flight refuses them all."""
    found = await probabilities(model, batch.flights)
    predictions = [Probability(probability=value) for value in found]
    return Predictions(predictions=predictions, model_version=model.version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Give the model to the app."""
    app.state.model = MODEL
    yield


def create_app() -> FastAPI:
    """Make an app that shares nothing with any other; the model is loaded when it starts."""
    logs.set_up()
    app = FastAPI(title="Delays", version="1.0.0", lifespan=lifespan, redirect_slashes=False)
    app.add_middleware(EachRequest)
    errors.install(app)
    app.include_router(router)
    return app
