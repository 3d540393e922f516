# kind: wrong
# about: the tests ask for status 200 of good requests and for nothing else
# loses: [tests]

# %% task="tests"
# %%writefile tests/test_service.py
"""Tests of the service."""

from fastapi.testclient import TestClient

from service.app import create_app

FLIGHT = {"carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400}


def test_health():
    with TestClient(create_app()) as client:
        assert client.get("/health").status_code == 200


def test_predict():
    with TestClient(create_app()) as client:
        assert client.post("/predict", json=FLIGHT).status_code == 200


def test_predict_batch():
    with TestClient(create_app()) as client:
        assert client.post("/predict/batch", json={"flights": [FLIGHT] * 3}).status_code == 200
