# kind: wrong
# about: functions without annotations
# loses: [quality]

# %% task="errors.log"
# %%writefile service/logs.py
"""The log: one JSON object a line, with the id of the request that is being handled.

Owns the form of a line and the id of the current request. Owns no decision about what is logged.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(logging.Formatter):
    """Of an exception only its type and the places are told: its text may quote the request."""

    def format(self, record):
        """Return the line."""
        line = {
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


def set_up():
    """Let the service's log go to standard output; calling it twice changes nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("service")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


# %% task="performance"
# %%writefile service/prediction.py
"""The way from flights to probabilities, without keeping the event loop waiting.

Owns the call of the model and what counts as its failure. Owns no request.
"""

from typing import Annotated

import numpy as np
from anyio import to_thread
from fastapi import Depends, Request

from delay_model import DelayModel
from service.errors import PredictionFailed


async def get_model(request: Request) -> DelayModel:
    """Return the app's model; a test may override this dependency."""
    model: DelayModel = request.app.state.model
    return model


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model, flights):
    """Ask the model once for all flights, in a thread: the event loop goes on answering.

    Raises
    ------
    PredictionFailed
        If it raises anything or returns something else than one probability a flight.
    """
    rows = [flight.model_dump() for flight in flights]

    def predict():
        try:
            found = np.asarray(model.predict(rows), float)
        except Exception as error:
            raise PredictionFailed from error
        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
            raise PredictionFailed
        return found.tolist()

    return await to_thread.run_sync(predict)
