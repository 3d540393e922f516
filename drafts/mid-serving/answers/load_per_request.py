# kind: wrong
# about: a dependency loads the artefact anew for each request
# loses: [performance, quality, docs]

# %% task="performance"
# %%writefile service/prediction.py
"""The way from flights to probabilities, without keeping the event loop waiting.

Owns the call of the model and what counts as its failure. Owns no request.
"""

import os
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from anyio import to_thread
from fastapi import Depends

from delay_model import DelayModel
from service.errors import PredictionFailed
from service.schemas import Flight


async def get_model() -> DelayModel:
    """Return a model; a test may override this dependency."""
    return DelayModel.load(os.environ.get("MODEL_PATH", "data/model.npz"))


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
    """Ask the model once for all flights, in a thread: the event loop goes on answering.

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
