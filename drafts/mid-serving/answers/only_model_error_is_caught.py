# kind: wrong
# about: only ModelError is a failure of the model, any other exception is 500
# loses: [errors, docs]

# %% task="performance"
# %%writefile service/prediction.py
"""The way from flights to probabilities, without keeping the event loop waiting.

Owns the call of the model and what counts as its failure. Owns no request.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from anyio import to_thread
from fastapi import Depends, Request

from delay_model import DelayModel, ModelError
from service.errors import PredictionFailed
from service.schemas import Flight


async def get_model(request: Request) -> DelayModel:
    """Return the app's model; a test may override this dependency."""
    model: DelayModel = request.app.state.model
    return model


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
    """Ask the model once for all flights, in a thread: the event loop goes on answering.

    Raises
    ------
    PredictionFailed
        If it raises ModelError or returns something else than one probability a flight.
    """
    rows = [flight.model_dump() for flight in flights]

    def predict() -> list[float]:
        try:
            found = np.asarray(model.predict(rows), float)
        except ModelError as error:
            raise PredictionFailed from error
        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
            raise PredictionFailed
        values: list[float] = found.tolist()
        return values

    return await to_thread.run_sync(predict)
