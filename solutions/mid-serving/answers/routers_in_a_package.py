# kind: right
# about: routes in a subpackage and a class of exceptions; tests in classes, asked over ASGITransport

# %% task="errors.failures"
# %%writefile service/errors.py
"""The errors of the contract, one class each, and the only place where one becomes an answer."""

import logging
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.logs import request_id
from service.schemas import ErrorBody

log = logging.getLogger(__name__)


class ServiceError(Exception):
    """Base: what a caller is told, without a word of what happened inside."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"


class Malformed(ServiceError):
    """The body is not JSON."""

    status, code = 400, "malformed"


class NotFound(ServiceError):
    """No such path."""

    status, code = 404, "not_found"


class MethodNotAllowed(ServiceError):
    """The path has other methods."""

    status, code = 405, "method_not_allowed"


class TooLarge(ServiceError):
    """The body is larger than 1 MiB."""

    status, code = 413, "too_large"


class Unsupported(ServiceError):
    """The content type is not JSON."""

    status, code = 415, "unsupported"


class Invalid(ServiceError):
    """The body does not fit."""

    status, code = 422, "invalid"


class PredictionFailed(ServiceError):
    """The model raised something."""

    status, code = 503, "model_failure"


ALL: list[type[ServiceError]] = [ServiceError, *ServiceError.__subclasses__()]


def answer(
    kind: type[ServiceError],
    fields: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Make the answer for a kind of error."""
    message = kind.__doc__ if kind is not ServiceError else "Something went wrong."
    error = {"code": kind.code, "message": message, "fields": fields or []}
    body = {"error": error, "request_id": request_id.get()}
    return JSONResponse(body, kind.status, headers)


def failure(status: int) -> JSONResponse:
    """Make the answer for a status."""
    return answer(next((kind for kind in ALL if kind.status == status), ServiceError))


async def on_service_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an error of ours."""
    if isinstance(error, PredictionFailed):
        log.error("prediction failed: %s", type(error.__cause__).__name__)
    assert isinstance(error, ServiceError)
    return answer(type(error))


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the router or the limit on bodies refuses."""
    assert isinstance(error, HTTPException)
    found = failure(error.status_code)
    found.headers.update(dict(error.headers or {}))
    return found


async def on_validation(request: Request, error: Exception) -> JSONResponse:
    """Answer a body that is not JSON or does not fit."""
    assert isinstance(error, RequestValidationError)
    fields = []
    for found in error.errors():
        if found["type"] == "json_invalid":
            return answer(Malformed)
        place = ".".join(str(step) for step in found["loc"] if step != "body")
        shown = place.encode("utf-8", "backslashreplace").decode()
        fields.append({"path": shown, "problem": found["msg"]})
    return answer(Invalid, fields)


def install(app: FastAPI) -> None:
    """Let an app answer its errors here."""
    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def described(*kinds: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """Describe kinds of errors for OpenAPI."""
    listed: list[type[ServiceError]] = [*kinds, ServiceError]
    return {
        kind.status: {"model": ErrorBody, "description": kind.__doc__ or kind.code}
        for kind in listed
    }


# %% task="errors.contract"
# %%writefile service/app.py
"""How the app is put together, and the life of the model."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from delay_model import DelayModel
from service import errors, logs
from service.middleware import EachRequest
from service.routes import health, predictions


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model before the first request."""
    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", "data/model.npz"))
    yield


def create_app() -> FastAPI:
    """Make an app that shares nothing with any other."""
    logs.set_up()
    app = FastAPI(title="Delays", lifespan=lifespan, redirect_slashes=False)
    app.add_middleware(EachRequest)
    errors.install(app)
    app.include_router(health.router)
    app.include_router(predictions.router, prefix="/predict")
    return app


# %% after="errors_contract"
import pathlib

pathlib.Path("service/routes").mkdir(exist_ok=True)
pathlib.Path("service/routes/__init__.py").write_text('"""The routes, a module a subject."""\n')

# %% after="errors_contract"
# %%writefile service/routes/health.py
"""The route for probes."""

from fastapi import APIRouter

from service.errors import described
from service.prediction import Model
from service.schemas import Health

router = APIRouter()


@router.get("/health", summary="Say that the service is up", responses=described())
async def health(model: Model) -> Health:
    """Answer at once."""
    return Health(status="ok", model_version=model.version)


# %% after="errors_contract"
# %%writefile service/routes/predictions.py
"""The routes that predict, and what they ask of a body before it is read as JSON."""

from email.message import Message

from fastapi import APIRouter, Depends, Request

from service import errors
from service.prediction import Model, probabilities
from service.schemas import Batch, Flight, Prediction, Predictions, Probability


async def only_json(request: Request) -> None:
    """Refuse another content type than JSON, and an empty body.

    Raises
    ------
    Unsupported, Malformed
    """
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    if kind.get_content_type() != "application/json":
        raise errors.Unsupported
    if not await request.body():
        raise errors.Malformed


router = APIRouter(
    dependencies=[Depends(only_json)],
    responses=errors.described(
        errors.Malformed,
        errors.TooLarge,
        errors.Unsupported,
        errors.Invalid,
        errors.PredictionFailed,
    ),
)


@router.post("", summary="Predict one flight")
async def predict(flight: Flight, model: Model) -> Prediction:
    """Return the probability that a flight lands more than 15 minutes late."""
    (probability,) = await probabilities(model, [flight])
    return Prediction(probability=probability, model_version=model.version)


@router.post("/batch", summary="Predict several flights")
async def predict_batch(batch: Batch, model: Model) -> Predictions:
    """Return the probabilities in the order of the flights."""
    found = await probabilities(model, batch.flights)
    predictions = [Probability(probability=value) for value in found]
    return Predictions(predictions=predictions, model_version=model.version)


# %% task="tests"
# %%writefile tests/test_service.py
"""The contract of the service, asked over ASGI without a server."""

import asyncio
import functools
import json
import time

import httpx
import numpy as np
import pytest

import delay_model
from service.app import create_app

FLIGHT = {
    "carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400, "temp": 63.5, "last_delay": 42,
}
JSON = {"Content-Type": "application/json"}
load_once = functools.cache(delay_model.DelayModel.load)


@pytest.fixture(autouse=True)
def quick_start(monkeypatch):
    """Spare each test the reading of the artefact."""
    monkeypatch.setattr(delay_model.DelayModel, "load", load_once)


async def served(work):
    """Run `work(client)` while an app is up."""
    app = create_app()
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await work(client)


def ask(method, path, **more):
    return asyncio.run(served(lambda client: client.request(method, path, **more)))


def many(count):
    return [{**FLIGHT, "hour": n % 24, "distance": 90 + 20 * n} for n in range(count)]


def refused(answer, status, code, *paths):
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["code"] == code
    assert isinstance(body["error"]["message"], str)
    assert sorted(field["path"] for field in body["error"]["fields"]) == sorted(paths)
    assert all(set(field) == {"path", "problem"} for field in body["error"]["fields"])
    assert body["request_id"] == answer.headers["x-request-id"] != ""


def failing(error):
    def predict(self, rows):
        raise error

    return predict


@pytest.fixture(scope="module")
def model():
    return load_once("data/model.npz")


class TestAnswers:
    def test_health(self, model):
        answer = ask("GET", "/health")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "model_version": model.version}
        assert answer.headers["x-request-id"]

    @pytest.mark.parametrize(
        "change",
        [
            {}, {"hour": 0}, {"hour": 23}, {"hour": 5.0}, {"distance": 0.1}, {"distance": 6000},
            {"temp": None}, {"temp": -60}, {"temp": 140}, {"last_delay": None},
            {"last_delay": -120}, {"last_delay": 3000}, {"origin": "LGA"}, {"origin": "JFK"},
        ],
    )
    def test_one(self, model, change):
        flight = {**FLIGHT, **change}
        answer = ask("POST", "/predict", json=flight)
        assert answer.status_code == 200
        assert set(answer.json()) == {"probability", "model_version"}
        assert answer.json()["model_version"] == model.version
        want = model.predict([flight])[0]
        assert answer.json()["probability"] == pytest.approx(want, abs=1e-10)

    def test_absent_is_null(self, model):
        short = {key: FLIGHT[key] for key in ("carrier", "origin", "hour", "distance")}
        want = model.predict([{**short, "temp": None, "last_delay": None}])[0]
        answer = ask("POST", "/predict", json=short)
        assert answer.json()["probability"] == pytest.approx(want, abs=1e-10)

    @pytest.mark.parametrize("count", [1, 5, 256])
    def test_batch(self, model, count):
        answer = ask("POST", "/predict/batch", json={"flights": many(count)})
        assert answer.status_code == 200
        assert set(answer.json()) == {"predictions", "model_version"}
        assert answer.json()["model_version"] == model.version
        assert all(set(one) == {"probability"} for one in answer.json()["predictions"])
        found = [one["probability"] for one in answer.json()["predictions"]]
        assert found == pytest.approx(model.predict(many(count)), abs=1e-10)

    def test_health_during_a_prediction(self, monkeypatch):
        def slow(self, rows):
            time.sleep(1.5)
            return np.full(len(rows), 0.25)

        async def work(client):
            begun = time.monotonic()
            slowly = asyncio.create_task(client.post("/predict", json=FLIGHT))
            await asyncio.sleep(0.3)
            assert (await client.get("/health")).status_code == 200
            took = time.monotonic() - begun
            assert (await slowly).json()["probability"] == 0.25
            return took

        monkeypatch.setattr(delay_model.DelayModel, "predict", slow)
        assert asyncio.run(served(work)) < 1.2


class TestRefused:
    @pytest.mark.parametrize(
        ("key", "values"),
        [
            ("carrier", ["U", "UAL", "", 12, None]),
            ("origin", ["BOS", "ewr", 1, None]),
            ("hour", [24, -1, 5.5, "17", True, False, None]),
            ("distance", [0, -1, 6000.1, 6001, "100", True, None]),
            ("temp", [-60.1, 141, "50", True]),
            ("last_delay", [-121, 3000.5, "0", False]),
            ("gate", ["A1", None]),
        ],
    )
    def test_value(self, key, values):
        async def work(client):
            return [await client.post("/predict", json={**FLIGHT, key: value}) for value in values]

        for answer in asyncio.run(served(work)):
            refused(answer, 422, "invalid", key)

    @pytest.mark.parametrize("key", ["carrier", "origin", "hour", "distance"])
    def test_missing(self, key):
        flight = {name: value for name, value in FLIGHT.items() if name != key}
        refused(ask("POST", "/predict", json=flight), 422, "invalid", key)

    def test_two_at_once(self):
        flight = {**FLIGHT, "hour": 99, "distance": "far"}
        refused(ask("POST", "/predict", json=flight), 422, "invalid", "hour", "distance")

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
    @pytest.mark.parametrize("key", ["hour", "distance", "temp", "last_delay"])
    def test_no_number(self, key, number):
        text = json.dumps({**FLIGHT, key: "?"}).replace('"?"', number)
        answer = ask("POST", "/predict", content=text, headers=JSON)
        assert answer.status_code in (400, 422)
        assert answer.json()["error"]["code"] in ("malformed", "invalid")

    @pytest.mark.parametrize("text", ["", "{", "{'hour': 1}", "hour"])
    @pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
    def test_not_json(self, path, text):
        refused(ask("POST", path, content=text, headers=JSON), 400, "malformed")

    @pytest.mark.parametrize("text", ["[]", "7", "null"])
    def test_no_object(self, text):
        refused(ask("POST", "/predict", content=text, headers=JSON), 422, "invalid", "")

    def test_path_and_method(self):
        refused(ask("GET", "/predictions"), 404, "not_found")
        refused(ask("GET", "/predict"), 405, "method_not_allowed")
        refused(ask("GET", "/predict/batch"), 405, "method_not_allowed")
        refused(ask("DELETE", "/health"), 405, "method_not_allowed")

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", None])
    def test_content_type(self, kind):
        headers = {"Content-Type": kind} if kind else {}
        for path, body in (("/predict", FLIGHT), ("/predict/batch", {"flights": [FLIGHT]})):
            answer = ask("POST", path, content=json.dumps(body), headers=headers)
            refused(answer, 415, "unsupported")

    def test_content_type_with_parameters(self):
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = ask("POST", "/predict", content=json.dumps(FLIGHT), headers=headers)
        assert answer.status_code == 200

    @pytest.mark.parametrize("count", [0, 257])
    def test_size_of_a_batch(self, count):
        answer = ask("POST", "/predict/batch", json={"flights": many(count)})
        refused(answer, 422, "invalid", "flights")

    def test_bad_flights_in_a_batch(self):
        flights = many(9)
        flights[3]["hour"] = 24
        del flights[8]["origin"]
        answer = ask("POST", "/predict/batch", json={"flights": flights})
        refused(answer, 422, "invalid", "flights.3.hour", "flights.8.origin")
        answer = ask("POST", "/predict/batch", json={"flights": many(2), "now": 1})
        refused(answer, 422, "invalid", "now")

    @pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
    def test_size_of_a_body(self, path):
        text = json.dumps(FLIGHT if path == "/predict" else {"flights": [FLIGHT]})
        full = text.ljust(1_048_576)
        assert ask("POST", path, content=full, headers=JSON).status_code == 200
        refused(ask("POST", path, content=full + " ", headers=JSON), 413, "too_large")

    def test_a_body_that_does_not_end(self):
        sent = []

        async def chunks():
            while len(sent) < 400:
                sent.append(1)
                yield b" " * 65_536

        refused(ask("POST", "/predict", content=chunks(), headers=JSON), 413, "too_large")
        assert len(sent) < 400


class TestModel:
    @pytest.mark.parametrize(
        "error",
        [delay_model.ModelError("inside"), ValueError("inside"), KeyError("inside"), OSError(5)],
    )
    def test_it_fails(self, monkeypatch, error):
        monkeypatch.setattr(delay_model.DelayModel, "predict", failing(error))
        for path, body in (("/predict", FLIGHT), ("/predict/batch", {"flights": many(3)})):
            answer = ask("POST", path, json=body)
            refused(answer, 503, "model_failure")
            assert "inside" not in answer.text
            assert "Error" not in answer.text

    def test_it_recovers(self, monkeypatch):
        async def work(client):
            with monkeypatch.context() as patch:
                patch.setattr(delay_model.DelayModel, "predict", failing(ValueError()))
                await client.post("/predict", json=FLIGHT)
            return await client.post("/predict", json=FLIGHT)

        assert asyncio.run(served(work)).status_code == 200

    def test_it_is_loaded_once_and_from_where(self, monkeypatch):
        loads = []

        def counted(path):
            loads.append(str(path))
            return load_once("data/model.npz")

        async def work(client):
            for _ in range(3):
                await client.post("/predict", json=FLIGHT)
                await client.get("/health")

        monkeypatch.setattr(delay_model.DelayModel, "load", counted)
        create_app()
        assert not loads
        asyncio.run(served(work))
        assert loads == ["data/model.npz"]
        monkeypatch.setenv("MODEL_PATH", "data/other.npz")
        asyncio.run(served(work))
        assert loads == ["data/model.npz", "data/other.npz"]

    def test_there_is_none(self, monkeypatch):
        monkeypatch.setenv("MODEL_PATH", "data/none.npz")
        with pytest.raises((Exception, SystemExit)):
            ask("GET", "/health")


class TestRequestIdAndLog:
    @pytest.mark.parametrize("given", ["x", "A-z_09", "7" * 64])
    def test_good_id(self, given):
        for method, path in (("GET", "/health"), ("GET", "/nothing"), ("POST", "/predict")):
            answer = ask(method, path, headers={"X-Request-ID": given})
            assert answer.headers["x-request-id"] == given
            assert answer.status_code == 200 or answer.json()["request_id"] == given

    @pytest.mark.parametrize("given", [None, "", "7" * 65, "a b", "a.b", "a/b", "<b>"])
    def test_bad_id(self, given):
        headers = {} if given is None else {"X-Request-ID": given}
        made = {ask("GET", "/health", headers=headers).headers["x-request-id"] for _ in range(2)}
        assert len(made) == 2
        assert not made & {given, ""}

    def test_log(self, capfd, monkeypatch):
        secret = {**FLIGHT, "carrier": "~Q", "temp": 61.0625}
        bodies = [secret, {**secret, "hour": 77.125}, {**secret, "~Q~": "~Q"}]

        async def work(client):
            answers = [await client.post("/predict", json=body) for body in bodies]
            answers.append(await client.post("/predict", content="~Q 61.0625", headers=JSON))
            answers.append(await client.get("/nothing"))
            monkeypatch.setattr(delay_model.DelayModel, "predict", failing(ValueError("~Q")))
            answers.append(await client.post("/predict", json=secret))
            return answers

        answers = asyncio.run(served(work))
        text = "".join(capfd.readouterr())
        assert not [word for word in ("~Q", "61.0625", "77.125") if word in text]
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        lines = [line for line in lines if "status" in line]
        statuses = [200, 422, 422, 400, 404, 503]
        assert [line["status"] for line in lines] == statuses
        assert [answer.status_code for answer in answers] == statuses
        for line, answer in zip(lines, answers, strict=True):
            assert line["request_id"] == answer.headers["x-request-id"]
            assert line["method"] == answer.request.method
            assert line["path"] == answer.request.url.path
            assert isinstance(line["ms"], int | float)
