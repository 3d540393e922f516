# kind: wrong
# about: the schemas let pydantic turn text and true into numbers
# loses: [errors, docs]

# %% task="errors.refused"
# %%writefile service/schemas.py
"""What goes in and out: the bodies of requests, answers and errors.

Owns what a value may be. Owns no route and no status.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

MAX_FLIGHTS = 256
FLIGHT: JsonDict = {
    "carrier": "UA",
    "origin": "EWR",
    "hour": 17,
    "distance": 1400,
    "temp": 63.5,
    "last_delay": 42,
}
VERSION = "2013.1"


def whole(value: object) -> object:
    """Turn 5.0 into 5: JSON does not tell them apart. Anything else stays as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Schema(BaseModel):
    """Base of all bodies: no unknown key, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Flight(Schema):
    """One flight, as it is known two hours before departure."""

    model_config = ConfigDict(json_schema_extra={"examples": [FLIGHT]})

    carrier: str = Field(min_length=2, max_length=2)
    origin: Literal["EWR", "JFK", "LGA"]
    hour: Annotated[int, BeforeValidator(whole), Field(ge=0, le=23)]
    distance: float = Field(gt=0, le=6000, description="miles")
    temp: float | None = Field(None, ge=-60, le=140, description="degrees Fahrenheit")
    last_delay: float | None = Field(None, ge=-120, le=3000, description="minutes")


class Batch(Schema):
    """Several flights."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"flights": [FLIGHT]}]})

    flights: list[Flight] = Field(min_length=1, max_length=MAX_FLIGHTS)


class Probability(Schema):
    """The answer for one flight of a batch."""

    probability: float = Field(ge=0, le=1)


class Prediction(Probability):
    """The answer for one flight."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"probability": 0.31, "model_version": VERSION}]}
    )

    model_version: str


class Predictions(Schema):
    """The answer for a batch, in the order of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"predictions": [{"probability": 0.31}], "model_version": VERSION}]
        }
    )

    predictions: list[Probability]
    model_version: str


class Health(Schema):
    """What a probe of the service is told."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "model_version": VERSION}]}
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
