# kind: wrong
# about: the log tells which values were refused
# loses: [errors, docs]

# %% task="errors.failures"
# %%writefile service/errors.py
"""Every error is answered here, and nowhere else.

Owns codes, messages and the body of an error, and which exception becomes which. Owns no check of a
value: that is a schema's.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.logs import request_id
from service.schemas import ErrorBody, Failure, FieldProblem

log = logging.getLogger(__name__)
ERRORS = {
    400: ("malformed", "the body is not JSON"),
    404: ("not_found", "there is nothing at this path"),
    405: ("method_not_allowed", "this path does not know this method"),
    413: ("too_large", "the body is larger than 1 MiB"),
    415: ("unsupported", "the content type of a request is application/json"),
    422: ("invalid", "the request does not fit its schema"),
    500: ("internal", "something went wrong on our side"),
    503: ("model_failure", "the model cannot answer now"),
}
EXAMPLE_FIELD = {"path": "hour", "problem": "Input should be less than or equal to 23"}


class PredictionFailed(Exception):
    """The model raised something, or what it returned is no probabilities."""


def failure(
    status: int, fields: Sequence[FieldProblem] = (), headers: dict[str, str] | None = None
) -> Response:
    """Make the response for one error; nothing of an exception's text gets into it."""
    code, message = ERRORS[status]
    body = ErrorBody(
        error=Failure(code=code, message=message, fields=list(fields)), request_id=request_id.get()
    )
    # As ASCII: the name of an unknown key may hold what cannot be encoded as UTF-8.
    return Response(json.dumps(body.model_dump()), status, headers, media_type="application/json")


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a body that is no JSON or does not fit its schema."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return failure(400)
    log.warning("invalid request: %s", problems)
    fields = [
        FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=problem["msg"])
        for problem in problems
    ]
    return failure(422, fields)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework, a route or the limit on bodies refuses."""
    assert isinstance(error, HTTPException)
    status = error.status_code if error.status_code in ERRORS else 500
    return failure(status, headers=dict(error.headers or {}))


async def on_prediction_failed(request: Request, error: Exception) -> Response:
    """Answer a request for which the model failed."""
    log.error("prediction failed", exc_info=error.__cause__ or error)
    return failure(503)


def install(app: FastAPI) -> None:
    """Let an app answer its errors here."""
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PredictionFailed, on_prediction_failed)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors for OpenAPI, each with an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        code, message = ERRORS[status]
        fields = [EXAMPLE_FIELD] if code == "invalid" else []
        error = {"code": code, "message": message, "fields": fields}
        example = {"error": error, "request_id": "a1b2c3"}
        responses[status] = {
            "model": ErrorBody,
            "description": message,
            "content": {"application/json": {"example": example}},
        }
    return responses
