# kind: wrong
# about: a test waits for ever, so that the README's command does not end either
# loses: [tests, docs]

# %% task="tests"
# %%writefile tests/test_service.py
"""Tests of the service."""

import time

from fastapi.testclient import TestClient

from service.app import create_app

FLIGHT = {"carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400}


def test_ready():
    client = TestClient(create_app(), raise_server_exceptions=False)
    while client.get("/health").status_code != 200:  # without `with` the app never starts
        time.sleep(0.1)
