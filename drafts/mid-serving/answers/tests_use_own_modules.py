# kind: wrong
# about: the tests import another module of the service
# loses: [tests]

# %% task="tests"
# %%writefile tests/test_service.py
"""The contract of the service, from outside: what any service that keeps it must pass."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import delay_model
from service.app import create_app
from service.schemas import MAX_FLIGHTS

FLIGHT: dict[str, Any] = {
    "carrier": "UA",
    "origin": "EWR",
    "hour": 17,
    "distance": 1400,
    "temp": 63.5,
    "last_delay": 42,
}
JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def model() -> delay_model.DelayModel:
    return delay_model.DelayModel.load("data/model.npz")


def check_error(answer: Any, status: int, code: str, paths: list[str] | None = None) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["code"] == code
    assert isinstance(body["error"]["message"], str)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert all(set(field) == {"path", "problem"} for field in body["error"]["fields"])
    found = sorted(field["path"] for field in body["error"]["fields"])
    assert found == sorted(paths or [])


def flights(n: int) -> list[dict[str, Any]]:
    return [{**FLIGHT, "hour": i % 24, "distance": 100 + 20 * i} for i in range(n)]


def test_health(client: TestClient, model: delay_model.DelayModel) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "model_version": model.version}
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hour": 0},
        {"hour": 23},
        {"hour": 5.0},
        {"distance": 0.5},
        {"distance": 6000},
        {"temp": None},
        {"temp": -60},
        {"temp": 140},
        {"last_delay": None},
        {"last_delay": -120},
        {"last_delay": 3000},
        {"origin": "JFK"},
        {"origin": "LGA"},
    ],
)
def test_one_flight(
    client: TestClient, model: delay_model.DelayModel, changes: dict[str, Any]
) -> None:
    flight = {**FLIGHT, **changes}
    answer = client.post("/predict", json=flight)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"probability", "model_version"}
    assert body["model_version"] == model.version
    assert body["probability"] == pytest.approx(model.predict([flight])[0], abs=1e-12)


def test_what_may_be_absent(client: TestClient, model: delay_model.DelayModel) -> None:
    flight = {key: FLIGHT[key] for key in ("carrier", "origin", "hour", "distance")}
    full = {**flight, "temp": None, "last_delay": None}
    answer = client.post("/predict", json=flight)
    assert answer.json()["probability"] == pytest.approx(model.predict([full])[0], abs=1e-12)


@pytest.mark.parametrize("n", [1, 7, 256])
def test_batch_in_order(client: TestClient, model: delay_model.DelayModel, n: int) -> None:
    answer = client.post("/predict/batch", json={"flights": flights(n)})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"predictions", "model_version"}
    assert body["model_version"] == model.version
    assert all(set(one) == {"probability"} for one in body["predictions"])
    found = [one["probability"] for one in body["predictions"]]
    assert found == pytest.approx(model.predict(flights(n)), abs=1e-12)


BAD = [
    ("carrier", "UAL"),
    ("carrier", "U"),
    ("carrier", 12),
    ("carrier", None),
    ("origin", "SFO"),
    ("origin", "ewr"),
    ("hour", 24),
    ("hour", -1),
    ("hour", 5.5),
    ("hour", "5"),
    ("hour", True),
    ("hour", None),
    ("distance", 0),
    ("distance", 6000.5),
    ("distance", "100"),
    ("distance", True),
    ("temp", -60.5),
    ("temp", 140.5),
    ("temp", "60"),
    ("last_delay", -121),
    ("last_delay", 3001),
    ("last_delay", "0"),
    ("gate", "A1"),
]


@pytest.mark.parametrize(("key", "value"), BAD)
def test_bad_value(client: TestClient, key: str, value: Any) -> None:
    check_error(client.post("/predict", json={**FLIGHT, key: value}), 422, "invalid", [key])


@pytest.mark.parametrize("key", ["carrier", "origin", "hour", "distance"])
def test_missing_key(client: TestClient, key: str) -> None:
    flight = {name: value for name, value in FLIGHT.items() if name != key}
    check_error(client.post("/predict", json=flight), 422, "invalid", [key])


def test_every_bad_value_is_named(client: TestClient) -> None:
    flight = {**FLIGHT, "hour": 99, "distance": -1}
    check_error(client.post("/predict", json=flight), 422, "invalid", ["distance", "hour"])


@pytest.mark.parametrize("key", ["distance", "temp", "last_delay"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number(client: TestClient, key: str, value: float) -> None:
    text = json.dumps({**FLIGHT, key: value})
    answer = client.post("/predict", content=text, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"] in ("malformed", "invalid")


@pytest.mark.parametrize("text", ["{", "", "hour=5", '{"hour": }'])
def test_malformed(client: TestClient, text: str) -> None:
    check_error(client.post("/predict", content=text, headers=JSON), 400, "malformed")


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "3"])
def test_no_object(client: TestClient, text: str) -> None:
    check_error(client.post("/predict", content=text, headers=JSON), 422, "invalid", [""])


def test_batch_with_bad_flights(client: TestClient) -> None:
    some = flights(6)
    some[2]["hour"] = 24
    some[5]["carrier"] = "X"
    answer = client.post("/predict/batch", json={"flights": some})
    check_error(answer, 422, "invalid", ["flights.2.hour", "flights.5.carrier"])


@pytest.mark.parametrize("n", [0, MAX_FLIGHTS + 1])
def test_batch_of_a_wrong_size(client: TestClient, n: int) -> None:
    answer = client.post("/predict/batch", json={"flights": flights(n)})
    check_error(answer, 422, "invalid", ["flights"])


def test_batch_with_an_unknown_key(client: TestClient) -> None:
    answer = client.post("/predict/batch", json={"flights": flights(1), "more": 1})
    check_error(answer, 422, "invalid", ["more"])


def test_paths_and_methods(client: TestClient) -> None:
    check_error(client.get("/nothing"), 404, "not_found")
    check_error(client.get("/predict"), 405, "method_not_allowed")
    check_error(client.delete("/health"), 405, "method_not_allowed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_unsupported(client: TestClient, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post("/predict", content=json.dumps(FLIGHT), headers=headers)
    check_error(answer, 415, "unsupported")


def test_parameters_of_the_content_type(client: TestClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/predict", content=json.dumps(FLIGHT), headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_size(client: TestClient, path: str) -> None:
    body = FLIGHT if path == "/predict" else {"flights": [FLIGHT]}
    text = json.dumps(body).encode()
    full = text + b" " * (MIB - len(text))
    assert client.post(path, content=full, headers=JSON).status_code == 200
    check_error(client.post(path, content=full + b" ", headers=JSON), 413, "too_large")
    parts = iter([full, b" "])  # without a declared length
    check_error(client.post(path, content=parts, headers=JSON), 413, "too_large")


@pytest.mark.parametrize("error", [delay_model.ModelError, ValueError, KeyError, StopIteration])
def test_model_fails(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(self: Any, rows: Any) -> Any:
        raise error("inner life")

    with monkeypatch.context() as patch:
        patch.setattr(delay_model.DelayModel, "predict", fail)
        for path, body in (("/predict", FLIGHT), ("/predict/batch", {"flights": [FLIGHT]})):
            answer = client.post(path, json=body)
            check_error(answer, 503, "model_failure")
            assert "inner life" not in answer.text
            assert "Traceback" not in answer.text
    assert client.post("/predict", json=FLIGHT).status_code == 200


@pytest.mark.parametrize("given", ["a", "A-b_9", "x" * 64])
def test_request_id_is_kept(client: TestClient, given: str) -> None:
    headers = {"X-Request-ID": given}
    assert client.get("/health", headers=headers).headers["x-request-id"] == given
    answer = client.get("/nothing", headers=headers)
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", 'a"b', "a.b"])
def test_request_id_is_made(client: TestClient, given: str) -> None:
    made = client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert made
    assert made != given
    assert made != client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"]


def test_log(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any, rows: Any) -> Any:
        raise KeyError(rows[0]["carrier"])

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        good = client.post("/predict", json={**FLIGHT, "carrier": "Q~"})
        bad = client.post("/predict", json={**FLIGHT, "carrier": "Q~~"})
        gone = client.get("/nothing")
        monkeypatch.setattr(delay_model.DelayModel, "predict", fail)
        failed = client.post("/predict", json={**FLIGHT, "carrier": "Q~"})
    text = "".join(capfd.readouterr())
    assert "Q~" not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    for answer, status in ((good, 200), (bad, 422), (gone, 404), (failed, 503)):
        own = [x for x in lines if x["request_id"] == answer.headers["x-request-id"]]
        (line,) = [x for x in own if "status" in x]
        assert line["status"] == status
        assert line["method"] == answer.request.method
        assert line["path"] == answer.request.url.path
        assert line["ms"] >= 0


def test_model_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, loads = delay_model.DelayModel.load, []

    def load(path: Any) -> delay_model.DelayModel:
        loads.append(str(path))
        return real(path)

    monkeypatch.setattr(delay_model.DelayModel, "load", load)
    app = create_app()
    assert not loads
    with TestClient(app) as client:
        for _ in range(3):
            client.post("/predict", json=FLIGHT)
            client.get("/health")
    assert loads == ["data/model.npz"]


def test_model_is_asked_once_for_a_batch(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def predict(self: Any, rows: Any) -> Any:
        sizes.append(len(rows))
        return np.linspace(0.1, 0.9, len(rows))

    monkeypatch.setattr(delay_model.DelayModel, "predict", predict)
    answer = client.post("/predict/batch", json={"flights": flights(9)})
    found = [one["probability"] for one in answer.json()["predictions"]]
    assert found == pytest.approx(np.linspace(0.1, 0.9, 9), abs=1e-12)
    assert sizes == [9]


def test_another_artefact(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("MODEL_PATH", str(tmp_path / "missing.npz"))
    with pytest.raises((Exception, SystemExit)), TestClient(create_app()):
        pass


def test_health_while_a_prediction_runs(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, end = threading.Event(), threading.Event()

    def predict(self: Any, rows: Any) -> Any:
        begun.set()
        end.wait(3)
        return np.full(len(rows), 0.5)

    monkeypatch.setattr(delay_model.DelayModel, "predict", predict)
    thread = threading.Thread(target=client.post, args=("/predict",), kwargs={"json": FLIGHT})
    thread.start()
    assert begun.wait(3)
    asked = time.monotonic()
    assert client.get("/health").status_code == 200
    took = time.monotonic() - asked
    end.set()
    thread.join()
    assert took < 1
