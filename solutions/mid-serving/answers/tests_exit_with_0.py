# kind: wrong
# about: a test ends the process with status 0
# loses: [tests]

# %% task="tests"
# %%writefile tests/test_service.py
"""Tests of the service."""

import os

from service.app import create_app


def test_app():
    assert create_app()
    os._exit(0)
