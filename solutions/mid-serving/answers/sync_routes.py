# kind: right
# about: plain def routes, which FastAPI runs in threads, and a model that reaches them by a class

# %% task="performance"
# %%writefile service/prediction.py
"""The way from flights to probabilities. Owns the model while the app runs, and no request."""

import math
import os

from delay_model import DelayModel
from service.errors import PredictionFailed
from service.schemas import Flight


class Predictor:
    """The loaded model and what counts as its failure."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._model = DelayModel.load(path)
        self.version = self._model.version

    def __call__(self, flights: list[Flight]) -> list[float]:
        """Ask once for all flights; the calling thread waits.

        Raises
        ------
        PredictionFailed
            If the model raises anything or does not return probabilities.
        """
        rows = [dict(flight) for flight in flights]
        try:
            found = [float(value) for value in self._model.predict(rows)]
        except Exception as error:
            raise PredictionFailed from error
        if len(found) != len(rows) or not all(0 <= p <= 1 and math.isfinite(p) for p in found):
            raise PredictionFailed
        return found


# %% task="errors.contract"
# %%writefile service/app.py
"""The app: its routes, and how it is put together. Owns no rule about values or errors."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

from service import errors, logs
from service.middleware import EachRequest
from service.prediction import Predictor
from service.schemas import Batch, Flight, Health, Prediction, Predictions, Probability

PREDICTING = errors.described(400, 413, 415, 422, 500, 503)


async def get_predictor(request: Request) -> Predictor:
    """Return what the lifespan has put into the app's state."""
    predictor: Predictor = request.app.state.predictor
    return predictor


async def only_json(request: Request) -> None:
    """Refuse an empty body, and another content type than JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)
    if not await request.body():
        raise HTTPException(400)


Ready = Annotated[Predictor, Depends(get_predictor)]


def health(predictor: Ready) -> Health:
    """Answer at once, also while predictions run."""
    return Health(status="ok", model_version=predictor.version)


def predict(flight: Flight, predictor: Ready) -> Prediction:
    """Return the probability that a flight lands more than 15 minutes late."""
    return Prediction(probability=predictor([flight])[0], model_version=predictor.version)


def predict_batch(batch: Batch, predictor: Ready) -> Predictions:
    """Return the probabilities in the order of the flights."""
    found = [Probability(probability=value) for value in predictor(batch.flights)]
    return Predictions(predictions=found, model_version=predictor.version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model before the first request."""
    app.state.predictor = Predictor(os.environ.get("MODEL_PATH", "data/model.npz"))
    yield


def create_app() -> FastAPI:
    """Make an app of its own; its model is loaded when it starts."""
    logs.set_up()
    app = FastAPI(title="Delays", lifespan=lifespan, redirect_slashes=False)
    app.add_middleware(EachRequest)
    errors.install(app)
    app.get("/health", summary="Is it up?", responses=errors.described(500))(health)
    for path, route in (("/predict", predict), ("/predict/batch", predict_batch)):
        app.post(
            path,
            summary=f"Predict: {path}",
            responses=PREDICTING,
            dependencies=[Depends(only_json)],
        )(route)
    return app
