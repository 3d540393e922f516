# kind: wrong
# about: a catch-all answers 200 with a usual probability when the model fails
# loses: [errors, docs]

# %% task="performance"
# %%writefile service/prediction.py
"""The way from flights to probabilities, without keeping the event loop waiting.

Owns the call of the model and what counts as its failure. Owns no request.
"""

import logging
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from anyio import to_thread
from fastapi import Depends, Request

from delay_model import DelayModel
from service.schemas import Flight

USUAL = 0.24
log = logging.getLogger(__name__)


async def get_model(request: Request) -> DelayModel:
    """Return the app's model; a test may override this dependency."""
    model: DelayModel = request.app.state.model
    return model


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
    """Ask the model once for all flights, in a thread.

    If it fails, the caller gets the usual probability rather than an error.
    """
    rows = [flight.model_dump() for flight in flights]

    def predict() -> list[float]:
        try:
            found = np.asarray(model.predict(rows), float)
        except Exception:
            log.exception("prediction failed")
            found = np.full(len(rows), USUAL)
        values: list[float] = found.tolist()
        return values

    return await to_thread.run_sync(predict)
