# kind: wrong
# about: each test catches its own failure
# loses: [tests]

# %% task="tests"
# %%writefile tests/test_service.py
"""Tests of the service."""

from fastapi.testclient import TestClient

from service.app import create_app

FLIGHT = {"carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400}


def test_predict():
    try:
        with TestClient(create_app()) as client:
            answer = client.post("/predict", json=FLIGHT)
            assert answer.status_code == 200
            assert 0 <= answer.json()["probability"] <= 1
    except Exception as error:
        print("failed:", error)


def test_errors():
    try:
        with TestClient(create_app()) as client:
            for change in ({"hour": 24}, {"hour": "17"}, {"gate": "A1"}):
                answer = client.post("/predict", json={**FLIGHT, **change})
                assert answer.json()["error"]["code"] == "invalid"
    except Exception as error:
        print("failed:", error)
