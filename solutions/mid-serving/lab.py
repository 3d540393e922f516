# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A delay service for two teams
#
# **A session of 150 minutes · 100 points · five tasks**
#
# > 항공편 지연 예측 모델을 두 팀이 함께 쓰는 FastAPI 서비스로 만듭니다. 모델과 오류 본문의 형식은 주어집니다. 여러분은
# > 잘못된 요청에도 정확히 답하고, 느린 예측이 도는 동안에도 깨어 있으며, 동료가 이어받을 수 있는 서비스를 씁니다.
# > 모두 끝내지 못하셔도 괜찮습니다. ★ 표시가 있는 핵심 과제부터 시작하세요.
#
# Two teams want the probability that a flight lands more than 15 minutes late. The model exists. You
# write the service around it: one that answers right and wrong requests as agreed, stays awake while a slow
# prediction runs, and can be taken over by a colleague.
#
# | task | what you write | points | minutes |
# |---|---|---|---|
# | | *reading as far as task 1* | | 20 |
# | 1 ★ | the service: right answers, errors, log | 20 | 65 |
# | 2 ★ | its speed, alone and under load | 25 | 15 |
# | 3 | its quality, and a design note | 30 | 30 |
# | 4 | a suite of tests that finds faults | 15 | 45 |
# | 5 | a README and an OpenAPI page | 10 | 15 |
#
# ★ is the **core: 45 points in about 100 minutes**; begin there. Minutes include reading the task. All
# five take about 190 minutes, so **nobody is expected to finish**. Tasks 1, 2 and 3 look at one and the
# same service, so read what all three ask for before you write it; task 4 needs no service of yours that works.
#
# ## Rules
#
# - Use Python, its standard library, FastAPI (with Starlette and anyio), pydantic, NumPy, httpx, uvicorn and
#   pytest. In grading there is no network, and nothing can be installed; `fastapi.FastAPI?` shows documentation.
# - You write **files**, each with a cell that begins with `%%writefile`. Where such a cell says
#   `# YOUR CODE HERE`, replace that and the line below it, and run the cell. A file that still holds
#   these two lines counts as absent in every check.
# - Only three names are fixed: `service/app.py` with `create_app`, `tests/test_service.py`, and
#   `README.md`. **The other files are a proposal.** Leave their cells as they are if you want another
#   structure, and add cells of your own that begin with `%%writefile service/anything.py`. In a folder below
#   `service/`, make the folder first.
# - Run the **visible checks** under each task: they test one example of each kind. In grading we start your
#   service in a fresh folder and send it **other requests of the same kinds**, with other models behind it. Where this
#   text leaves something open, any sensible behaviour is right, and nothing of it is tested.
# - Each part of a task has its own check and its own points. **A part whose visible check fails earns
#   nothing.** What is tested only in grading is marked so.
# - Grading runs the notebook from top to bottom, and each check takes your files as they are at that point.
#   A cell of yours that raises an error or runs longer than 100 seconds costs only what needs it. All cells
#   together may take 300 seconds, so leave no experiment in the notebook that runs for long.
# - To hand in, save this notebook under its own name, then do as `README.md` beside its folder says. What counts
#   is what its cells write, and no file beside it. There is no pass mark.
#
# ## What you are given
#
# - `delay_model.py`: the model, which the next cell takes from `data/` and shows. **Do not change it.** In grading others with the same contract stand in
#   its place: a slow one, one that fails, one with other numbers and another version.
# - `data/model.npz`: its artefact. The environment variable `MODEL_PATH` names another one; without it the
#   path is `data/model.npz`, from the folder in which the service is started.
# - `data/examples.json`: requests with their answers.
# - The folders `service/` and `tests/`, each with an empty `__init__.py`.

# %% locked=true side="candidate"
import shutil
from pathlib import Path

shutil.copy("data/delay_model.py", "delay_model.py")
print(Path("delay_model.py").read_text())

# %% locked=true side="candidate"
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

for folder in ("service", "tests"):
    Path(folder).mkdir(exist_ok=True)
    Path(folder, "__init__.py").touch()

STUB = """# YOUR CODE HERE
raise NotImplementedError("not written yet: write it here, run this cell, then its checks")"""
running = {}  # the server that start() has started


def package_files():
    """Return what you hand in, {path: bytes}; files that are still to be written are left out."""
    paths = [Path("README.md"), Path("delay_model.py")]
    for folder in ("service", "tests", "data"):
        paths += sorted(Path(folder).rglob("*"))
    files = {}
    for path in paths:
        made = any(part.startswith((".", "__pycache__")) for part in path.parts)
        if path.is_file() and not made:
            content = path.read_bytes()
            if content.decode("utf-8", "replace").strip() != STUB:
                files[path.as_posix()] = content
    if sum(map(len, files.values())) > 4_000_000:
        raise ValueError("service/, tests/, data/ and README.md may hold 4 MB together")
    return files


def start(replace=None):
    """Start your service in a fresh copy of your files, some of them replaced.

    Return {"running": whether it listens, "status": its exit status or None, "output": its end}.
    A service that runs already with the same files goes on.
    """
    files = {**package_files(), **(replace or {})}
    if running and running["files"] == files and running["process"].poll() is None:
        return {"running": True, "status": None, "output": output()[-1500:]}
    stop()
    folder = Path(tempfile.mkdtemp())
    for path, content in files.items():
        (folder / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "copy" / path).write_bytes(content)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "service.app:create_app"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--no-access-log"], cwd=folder / "copy",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    said = bytearray()
    threading.Thread(target=listen, args=(process.stdout, said), daemon=True).start()
    running.update(process=process, folder=folder, port=port, files=files, said=said)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    else:
        return {"running": False, "status": process.poll(), "output": output()[-1500:]}
    return {"running": True, "status": None, "output": output()[-1500:]}


def free_port():
    """Return a port that nobody listens on, and that the system gives to no connection.

    Asking again and again whether the service listens would else get that very port at last.
    """
    while True:
        port = random.SystemRandom().randrange(25_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def listen(stream, said):
    """Keep the last million bytes that a service says."""
    with stream:
        while piece := stream.read1(65536):
            said += piece
            del said[:-1_000_000]


def stop():
    """Stop the service that start() has started."""
    if running:
        running["process"].kill()
        running["process"].wait()
        shutil.rmtree(running["folder"], ignore_errors=True)
        running.clear()


def output():
    """Return the last of what the service has written to standard output and standard error."""
    return bytes(running["said"]).decode("utf-8", "replace") if running else ""


def lines_of(request_id):
    """Return the lines of JSON with this request id and a status; wait up to 2 s for the first."""
    deadline = time.monotonic() + 2
    while True:
        found = []
        for line in output().splitlines():
            try:
                parsed = json.loads(line)
            except ValueError:
                continue
            if isinstance(parsed, dict) and parsed.get("request_id") == request_id:
                found += [parsed] if "status" in parsed else []
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def call(method, path, body=None, headers=None, seconds=10):
    """Send one request; return (status, headers, body). A body that is no text is sent as JSON."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    if body is not None and not isinstance(body, str | bytes):
        body = json.dumps(body)
    url = f"http://127.0.0.1:{running['port']}{path}"
    answer = httpx.request(method, url, content=body, headers=headers, timeout=seconds)
    try:
        found = answer.json()
    except ValueError:
        found = answer.text
    return answer.status_code, dict(answer.headers), found


def call_at_once(requests):
    """Send several requests, each (method, path, body), at the same time; return the answers."""
    answers = [None] * len(requests)

    def one(place):
        answers[place] = call(*requests[place])

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def health_during(body):
    """Ask for /health while a prediction runs; return (status, seconds that it took)."""
    thread = threading.Thread(target=call, args=("POST", "/predict", body))
    thread.start()
    time.sleep(0.5)
    begun = time.monotonic()
    status, _, _ = call("GET", "/health")
    seconds = time.monotonic() - begun
    thread.join()
    return status, seconds


def quickest(path, body):
    """Return the seconds that the quickest of 20 requests took."""
    seconds = []
    for _ in range(20):
        begun = time.perf_counter()
        call("POST", path, body)
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def lint():
    """Return what ruff finds in service/; a file that is still to be written does not count."""
    rules = "E,F,W,I,B,UP,C4,SIM,PIE,RET,ANN,T20,S110,C901"
    with tempfile.TemporaryDirectory() as folder:
        for path, content in package_files().items():
            if path.endswith(".py"):
                Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, path).write_bytes(content)
        command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
        command += ["--ignore-noqa", "--line-length", "100", "--select", rules]
        command += ["--ignore", "ANN401", "--output-format", "concise", "service"]
        ended = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30
        )
    return ended.stdout.decode("utf-8", "replace")[-3000:]


def run_tests():
    """Run your suite on your own service, for 30 s at most; return (pytest's status, its output)."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
    command += ["--disable-warnings", "tests"]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=30,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, "it did not end within 30 s"
    return ended.returncode, ended.stdout[-3000:]


# %% locked=true
import json

with open("data/examples.json") as file:
    examples = json.load(file)
flight = {
    "carrier": "UA", "origin": "EWR", "hour": 17, "distance": 1400, "temp": 63.5, "last_delay": 42,
}  # fmt: skip

BROKEN_MODEL = b"""
class ModelError(RuntimeError):
    pass


class DelayModel:
    version = "broken"

    @classmethod
    def load(cls, path):
        return cls()

    def predict(self, rows):
        raise ModelError("the inner life of the model")
"""
SLOW_MODEL = b"""
import time

import numpy as np


class ModelError(RuntimeError):
    pass


class DelayModel:
    version = "slow"

    @classmethod
    def load(cls, path):
        return cls()

    def predict(self, rows):
        time.sleep(3)
        return np.full(len(rows), 0.5)
"""


def assert_started(state):
    """Fail with the end of its output if the service does not run."""
    assert state["running"], f"the service does not start; its output ends:\n{state['output']}"


def assert_error(answer, status, code, fields=None):
    """Check the status and body of an error; `fields` are the paths in the order of the alphabet."""
    got, headers, body = answer
    assert got == status, f"{status} {code} is asked for, yours is {got}: {body}"
    assert isinstance(body, dict), f"the body of an error is an object, yours is {body!r}"
    assert set(body) == {"error", "request_id"}, f"the body has the keys {sorted(body)}"
    error = body["error"]
    assert set(error) == {"code", "message", "fields"}, f"the error has the keys {sorted(error)}"
    assert error["code"] == code, f"the code is {code!r}, yours is {error['code']!r}"
    assert isinstance(error["message"], str), "message is a text"
    paths = sorted(entry["path"] for entry in error["fields"])
    assert fields is None or paths == fields, f"the paths are {fields}, yours are {paths}"
    assert headers.get("x-request-id") == body["request_id"], (
        f"header and body have one request id, yours are {headers.get('x-request-id')!r} "
        f"and {body['request_id']!r}"
    )


# %%
# Look around here. Nothing in this cell is graded.
examples[0]

# %% [markdown]
# ## The contract
#
# `service.app:create_app()` takes nothing and returns a FastAPI app. The service is started with
# `python -m uvicorn --factory service.app:create_app --port 8000 --no-access-log`.
#
# Importing `service.app` does nothing heavy: no model is loaded and no file is opened. Each call of
# `create_app` makes an app of its own. The model is loaded **once for each app, when it starts** (in its
# lifespan), with `DelayModel.load`, never for a request. If it cannot be loaded, the process ends within 10 s
# with a status other than 0.
#
# ### Requests that are answered
#
# | request | answer, 200 |
# |---|---|
# | `GET /health` | `{"status": "ok", "model_version": "2013.1"}` |
# | `POST /predict` with one flight | `{"probability": 0.31, "model_version": "2013.1"}` |
# | `POST /predict/batch` with `{"flights": [flight, ...]}`, 1 to 256 of them | `{"predictions": [{"probability": 0.31}, ...], "model_version": "2013.1"}` |
#
# - These are all the keys of an answer. `model_version` is `version` of the loaded model.
# - A probability is what the model says, **not rounded**. Predictions are in the order of the flights.
# - `/health` answers within a second, also while predictions run.
# - In a batch, one bad flight refuses the whole batch.
#
# A flight has these keys and no others. All are required but `temp` and `last_delay`, which may be null or absent;
# the model gets None for both.
#
# | key | what it is |
# |---|---|
# | `carrier` | text of exactly 2 characters |
# | `origin` | `"EWR"`, `"JFK"` or `"LGA"` |
# | `hour` | whole number from 0 to 23; `5.0` is a whole number, `5.5` is none |
# | `distance` | number of miles, more than 0, at most 6000 |
# | `temp` | number of degrees Fahrenheit from -60 to 140, or null |
# | `last_delay` | number of minutes from -120 to 3000, or null |
#
# Numbers are JSON numbers: `"100"` and `true` are no numbers. `NaN`, `Infinity` and what becomes infinite, such as
# `1e999`, are none either, though Python's `json` reads them: they are refused with 422 or 400.
#
# ### Errors
#
# Every error has this JSON body and nothing else in it:
#
# ```json
# {"error": {"code": "invalid", "message": "the request does not fit its schema",
#            "fields": [{"path": "flights.3.hour", "problem": "must be at most 23"}]},
#  "request_id": "a1b2c3"}
# ```
#
# | code | status | when |
# |---|---|---|
# | `malformed` | 400 | the body is not JSON in UTF-8; an empty body is not JSON |
# | `not_found` | 404 | no such path (a path that only has a `/` more at its end is not tested) |
# | `method_not_allowed` | 405 | the path has other methods |
# | `too_large` | 413 | the body of a POST to one of the two routes is larger than 1 MiB (1,048,576 bytes, white space included); one of exactly 1 MiB is not |
# | `unsupported` | 415 | the content type of a POST is absent or not `application/json`; parameters are allowed (`application/json; charset=utf-8`) |
# | `invalid` | 422 | the body is JSON but does not fit: a wrong, missing or unknown key or value |
# | `internal` | 500 | anything unforeseen |
# | `model_failure` | 503 | the model raises **any `Exception`** at a prediction |
#
# - `message` and `problem` are texts of your choice. `fields` is empty unless the code is `invalid`. Then
#   it has an entry for each value that is wrong and each key that is missing or unknown, whose `path` says where it is: keys
#   and positions from 0, joined by dots, such as `hour` or `flights.3.hour`. If the body as a whole is wrong (a list
#   in place of an object), the path is empty. Of a batch with too many flights or none only `flights` need be named.
# - If the model returns something else than one probability for each flight (NaN, or fewer values), the answer is
#   `model_failure` or `internal`, as you like.
# - When several errors apply to one request, any of them is right. JSON that Python's parser gives up on (nested too
#   deep, a number of thousands of digits) is `malformed` or `invalid`, as you like.
# - A body that is too large is refused **without reading all of it**: some clients never end theirs, and not all
#   of them say its length. The service may close the connection then.
# - No traceback, no name of a file, and no text of an exception of the model is in any body.
#
# ### Request id and log
#
# - A request may bring an id, in the header `X-Request-ID`: 1 to 64 characters, each of them a letter A-Z or a-z,
#   a digit, `-` or `_`. If it brings none, or another text, you make a new one. The id is in the response's header
#   `X-Request-ID`, **whatever the status**, and in the body of an error.
# - For each request, one line is written to standard output or standard error: a JSON object with at least
#   `request_id`, `method`, `path`, `status` (a number) and `ms` (how long it took, a number). Every other line that
#   your code logs while it handles a request is a JSON object with its `request_id` too.
# - **No value of a request's body** is in any line, not even in that of an error.
# - Uvicorn's own lines do not count; a traceback that it prints because your app let an exception through does.
#
# ## Your service
#
# One proposal of how to divide it. You may also write everything that you want in fewer files, or in more.
# First come all files, then the checks of tasks 1 to 3.
#
# ### Schemas

# %% task="errors.refused"
# %%writefile service/schemas.py
### BEGIN SOLUTION
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
    """Base of all bodies: no conversion between types, no unknown key, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Flight(Schema):
    """One flight, as it is known two hours before departure."""

    model_config = ConfigDict(json_schema_extra={"examples": [FLIGHT]})

    carrier: str = Field(min_length=2, max_length=2)
    origin: Literal["EWR", "JFK", "LGA"]
    hour: Annotated[int, Field(ge=0, le=23), BeforeValidator(whole)]
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


### END SOLUTION

# %% [markdown]
# ### Log

# %% task="errors.log"
# %%writefile service/logs.py
### BEGIN SOLUTION
"""The log: one JSON object a line, with the id of the request that is being handled.

Owns the form of a line and the id of the current request. Owns no decision about what is logged.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(logging.Formatter):
    """Of an exception only its type and the places are told: its text may quote the request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
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


def set_up() -> None:
    """Let the service's log go to standard output; calling it twice changes nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("service")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


### END SOLUTION

# %% [markdown]
# ### Errors

# %% task="errors.failures"
# %%writefile service/errors.py
### BEGIN SOLUTION
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


### END SOLUTION

# %% [markdown]
# ### What is done for every request

# %% task="errors"
# %%writefile service/middleware.py
### BEGIN SOLUTION
"""What is done for every request, whatever becomes of it: its id, its log line, its size.

Owns these three and the answer to what nobody foresaw. Owns no route.
"""

import logging
import re
import time
import uuid

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import failure
from service.logs import request_id

log = logging.getLogger(__name__)
MAX_BODY = 1024 * 1024
GOOD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class EachRequest:
    """Pure ASGI, so that a body is counted while it arrives and is never kept if it is too large.

    Parameters
    ----------
    app
        What answers the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
        given = headers.get(b"x-request-id", "")
        own = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(own)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            await send(message)

        try:
            await self.app(scope, limited(receive, headers), sending)
        except Exception:
            log.exception("request failed")
            if not status:
                await failure(500)(scope, receive, sending)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(1000 * (time.perf_counter() - started), 3),
            }
            log.info("request", extra={"fields": fields})
            request_id.reset(token)


def limited(receive: Receive, headers: dict[bytes, str]) -> Receive:
    """Return a ``receive`` that raises as soon as the body is known to be too large."""
    # The rest of the body is never read, so the connection is of no more use.
    too_large = HTTPException(413, headers={"Connection": "close"})
    declared = headers.get(b"content-length", "")
    received = 0

    async def receiving() -> Message:
        nonlocal received
        if declared.isdigit() and int(declared) > MAX_BODY:
            raise too_large
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            raise too_large
        return message

    return receiving


### END SOLUTION

# %% [markdown]
# ### Predictions

# %% task="performance"
# %%writefile service/prediction.py
### BEGIN SOLUTION
"""The way from flights to probabilities, without keeping the event loop waiting.

Owns the call of the model and what counts as its failure. Owns no request.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from anyio import to_thread
from fastapi import Depends, Request

from delay_model import DelayModel
from service.errors import PredictionFailed
from service.schemas import Flight


async def get_model(request: Request) -> DelayModel:
    """Return the app's model; a test may override this dependency."""
    model: DelayModel = request.app.state.model
    return model


Model = Annotated[DelayModel, Depends(get_model)]


async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
    """Ask the model once for all flights, in a thread: the event loop goes on answering.

    Raises
    ------
    PredictionFailed
        If it raises anything or returns something else than one probability a flight.
    """
    rows = [flight.model_dump() for flight in flights]

    def predict() -> list[float]:
        try:
            found = np.asarray(model.predict(rows), float)
        except Exception as error:
            raise PredictionFailed from error
        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
            raise PredictionFailed
        values: list[float] = found.tolist()
        return values

    return await to_thread.run_sync(predict)


### END SOLUTION

# %% [markdown]
# ### The app: `create_app()` is here

# %% task="errors.contract"
# %%writefile service/app.py
### BEGIN SOLUTION
"""The app: its routes, and how it is put together.

Owns paths, and the life of the model. Owns no rule about values, errors or logs.
"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.routing import APIRoute

from delay_model import DelayModel
from service import errors, logs
from service.middleware import EachRequest
from service.prediction import Model, probabilities
from service.schemas import Batch, Flight, Health, Prediction, Predictions, Probability

DEFAULT_MODEL = "data/model.npz"


class JsonRoute(APIRoute):
    """A route that takes nothing but JSON if it takes a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with two questions before it."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0]
                if kind.strip().lower() != "application/json":
                    raise HTTPException(415)
                if not await request.body():  # to the framework this is a missing field
                    raise HTTPException(400)
            return await handler(request)

        return handle


router = APIRouter(route_class=JsonRoute)
predicting = errors.described(400, 413, 415, 422, 500, 503)


@router.get("/health", summary="Say that the service is up", responses=errors.described(500))
async def health(model: Model) -> Health:
    """Answer at once, also while predictions run."""
    return Health(status="ok", model_version=model.version)


@router.post("/predict", summary="Predict one flight", responses=predicting)
async def predict(flight: Flight, model: Model) -> Prediction:
    """Return the probability that a flight lands more than 15 minutes late."""
    (probability,) = await probabilities(model, [flight])
    return Prediction(probability=probability, model_version=model.version)


@router.post("/predict/batch", summary="Predict up to 256 flights", responses=predicting)
async def predict_batch(batch: Batch, model: Model) -> Predictions:
    """Return the probabilities in the order of the flights; one bad flight refuses them all."""
    found = await probabilities(model, batch.flights)
    predictions = [Probability(probability=value) for value in found]
    return Predictions(predictions=predictions, model_version=model.version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model once, before the first request; without one the process ends."""
    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
    yield


def create_app() -> FastAPI:
    """Make an app that shares nothing with any other; the model is loaded when it starts."""
    logs.set_up()
    app = FastAPI(title="Delays", version="1.0.0", lifespan=lifespan, redirect_slashes=False)
    app.add_middleware(EachRequest)
    errors.install(app)
    app.include_router(router)
    return app


### END SOLUTION

# %%
# Try your service here: start(), call("GET", "/health"), print(output()), stop(). Not graded.

# %% [markdown]
# ## Task 1 ★ · answers, errors, log · 20 points · 65 minutes
#
# *Purpose: a caller can rely on every answer, the unpleasant ones included.*
#
# What is asked for is the contract above. The helpers in these checks are `start()`, which starts a fresh copy of your
# files, `call(method, path, body, headers)`, which returns `(status, headers, body)`, and `output()`.
#
# Answers: 4 points. Tested only in grading: bounds of every key, keys that are null or absent, batches of 1 and of
# 256, a model with other numbers and another version, an artefact named by `MODEL_PATH`, a start without an artefact.

# %% check="errors.contract"
assert_started(start())
for example in examples:
    status, headers, body = call(example["method"], example["path"], example["body"])
    answer = example["answer"]
    assert status == 200, f"{example['path']} answers 200, yours is {status}: {body}"
    assert set(body) == set(answer), f"the keys are {sorted(answer)}, yours are {sorted(body)}"
    assert body["model_version"] == answer["model_version"], f"yours is {body['model_version']!r}"
    pairs = zip(body.get("predictions", [body]), answer.get("predictions", [answer]), strict=True)
    for have, want in pairs:
        assert abs(have["probability"] - want["probability"]) < 2e-6, f"{want}, yours is {have}"
status, headers, body = call("GET", "/health")
assert (status, body) == (200, {"status": "ok", "model_version": answer["model_version"]}), body
### BEGIN HIDDEN TESTS
import hidden

hidden.contract(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# Refused: 8 points. In grading we send about fifty bad requests, each of another kind. If half of them or fewer are answered as agreed, this
# earns nothing; all of them earn everything, in proportion between.

# %% check="errors.refused"
assert_started(start())
assert_error(call("POST", "/predict", {**flight, "hour": 24}), 422, "invalid", ["hour"])
assert_error(call("POST", "/predict", {**flight, "hour": "17"}), 422, "invalid", ["hour"])
assert_error(call("POST", "/predict", {**flight, "gate": "A1"}), 422, "invalid", ["gate"])
assert_error(call("POST", "/predict", "{"), 400, "malformed", [])
assert_error(call("GET", "/nothing"), 404, "not_found", [])
assert_error(call("GET", "/predict"), 405, "method_not_allowed", [])
text = {"Content-Type": "text/plain"}
assert_error(call("POST", "/predict", flight, text), 415, "unsupported", [])
### BEGIN HIDDEN TESTS
import hidden

hidden.refused(package_files(), points=8)
### END HIDDEN TESTS

# %% [markdown]
# Batches: 3 points. Tested only in grading: several bad flights in one batch, batches of 0 and of 257, the order of
# many flights, bodies around the limit in size, and one that never ends.

# %% check="errors.batch"
assert_started(start())
flights = [flight, {**flight, "hour": -1}, flight]
answer = call("POST", "/predict/batch", {"flights": flights})
assert_error(answer, 422, "invalid", ["flights.1.hour"])
answer = call("POST", "/predict/batch", b" " * 1_048_577)
assert_error(answer, 413, "too_large", [])
### BEGIN HIDDEN TESTS
import hidden

hidden.batch(package_files(), points=3)
### END HIDDEN TESTS

# %% [markdown]
# Failures: 3 points. Tested only in grading: other exceptions of the model, in single requests and in batches, a model that
# returns NaN or fewer values than there are flights, and whether the service goes on afterwards.

# %% check="errors.failures"
assert_started(start({"delay_model.py": BROKEN_MODEL}))
answer = call("POST", "/predict", flight)
assert_error(answer, 503, "model_failure", [])
assert "inner life" not in str(answer[2]), f"the body quotes the model's exception: {answer[2]}"
### BEGIN HIDDEN TESTS
import hidden

hidden.failures(package_files(), points=3)
### END HIDDEN TESTS

# %% [markdown]
# Log: 2 points. Tested only in grading: ids that are no good, the lines of errors and of a model that fails, and whether
# anything of a body is in them.

# %% check="errors.log"
assert_started(start())
status, headers, body = call("POST", "/predict", flight, {"X-Request-ID": "visible-check_1"})
given = headers.get("x-request-id")
assert given == "visible-check_1", f"the response brings the id back, yours is {given!r}"
lines = lines_of(given)
assert len(lines) == 1, f"one line of JSON has this request's id and status, yours are {lines}"
assert (lines[0]["method"], lines[0]["path"]) == ("POST", "/predict"), f"yours: {lines[0]}"
assert lines[0]["status"] == 200, f"the status is 200, yours: {lines[0]}"
assert lines[0]["ms"] >= 0, f"ms is how long it took, yours: {lines[0]}"
### BEGIN HIDDEN TESTS
import hidden

hidden.log(package_files(), points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2 ★ · speed · 25 points · 15 minutes
#
# *Purpose: no request waits for what it does not need.*
#
# In grading a service of ours and yours take turns at the same requests, with the same model, in the same minute. Up to
# 1.5 times our time earns all points, 4 times and more earns none, on a logarithmic scale between. Ours does nothing
# special: it does no work twice, and none in the wrong place. A race with a wrong answer in it earns nothing; a
# rounded probability is not wrong here.
#
# Batch: 10 points. Batches of 256 flights, one after another.

# %% check="performance.batch"
assert_started(start())
status, headers, body = call("POST", "/predict/batch", {"flights": [flight] * 256})
assert status == 200, f"256 flights are answered with 200, yours is {status}"
assert len(body["predictions"]) == 256, f"256 predictions, yours are {len(body['predictions'])}"
print(
    f"the quickest of 20 took {1000 * quickest('/predict/batch', {'flights': [flight] * 256}):.1f} ms"
)
### BEGIN HIDDEN TESTS
import hidden

hidden.batch_speed(package_files(), points=10)
### END HIDDEN TESTS

# %% [markdown]
# Concurrent: 10 points. Sixteen clients at once, each with three requests for one flight and one for a batch of 20; what is
# compared is the time within which 95 % of the requests were answered. The model there waits 0.03 s at each call
# without using the processor.

# %% check="performance.concurrent"
assert_started(start())
hours = [{**flight, "hour": hour} for hour in range(16)]
alone = [call("POST", "/predict", one)[2] for one in hours]
together = [answer[2] for answer in call_at_once([("POST", "/predict", one) for one in hours])]
assert together == alone, "sixteen requests at once get the answers that they get one by one"
### BEGIN HIDDEN TESTS
import hidden

hidden.concurrent(package_files(), points=10)
### END HIDDEN TESTS

# %% [markdown]
# Health: 5 points. `/health` answers within a second while a prediction takes 3 seconds. Tested only in grading: while
# eight of them run.

# %% check="performance.health"
assert_started(start({"delay_model.py": SLOW_MODEL}))
status, seconds = health_during(flight)
assert status == 200, f"/health answers 200 while a prediction runs, yours is {status}"
assert seconds < 1, f"/health answers within a second, yours took {seconds:.1f} s"
### BEGIN HIDDEN TESTS
import hidden

hidden.health(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3 · quality · 30 points · 30 minutes
#
# *Purpose: a colleague reads it, trusts it and changes it.*
#
# ### The design note: 12 points
#
# In the next cell write up to 300 words: which module does what and why it is divided like that, where errors are
# handled, how the model gets to a request, and **what exactly would change to serve a second model** beside this one (which
# files and functions, and what of the contract). A person reads the note together with your code and gives 0, half or all of
# 3 points for each of these:
#
# | asked | 0 | half | all |
# |---|---|---|---|
# | names and modules | `utils.py`, `data2`, `handle()`; everything in one file | names say what, but one file mixes schemas, log and routes | each module and function is named for what it owns, and the note says where something that one might look for in it is instead |
# | one responsibility a function | a route that validates, loads, predicts, logs and builds errors | routes are short, but one helper does three things | checks of values, the call of the model, log and errors are in functions of their own, and what strings them together does nothing else |
# | errors in one place | `try` in every route, bodies built by hand | one handler, but codes or bodies also elsewhere | exceptions become answers in one module (they may be raised and translated anywhere); another error is a line or two there |
# | a second model | "easy to extend" | names the files to touch, forgets the contract or the tests | names files, functions, what callers see, and one thing that it would make worse |
#
# A note that describes another service than the one you wrote earns nothing for what is not so.

# %% [markdown] task="quality.reader"
# `schemas.py` says what a value may be, and nothing about statuses. `errors.py` is the only module that
# makes the body of an error: exceptions come to its three handlers, and a new error is a line in
# `ERRORS`. `middleware.py` does what holds for every request: its id, its log line and the limit on its
# body; it is pure ASGI because the limit has to act while the body arrives. It also answers what nobody
# foresaw, by the same function of `errors.py`. `logs.py` knows the form of a line and the id of the
# current request, so that nobody hands the id through. `prediction.py` asks the model once a request, in a
# thread, and turns whatever it raises into one exception. The model is loaded in the lifespan of the app,
# kept in its state, and reaches a route as the dependency `get_model`, which a test can override. For a
# second model, the state would hold a mapping from name to model, the lifespan would load both, `get_model`
# would read the name from the path, and `model_version` in answers would need the name beside it, which
# callers and tests would see; memory and start-up time would double, so that I would ask first whether a
# second process is better.

# %% [markdown]
# ### By program
#
# Lint, types and design are asked of a service that starts and answers a flight as the contract says (a rounded
# probability will do); without one they earn nothing.
#
# Lint: 5 points, one less for each **kind** of finding (such as F401) in `service/`. The visible check shows what `ruff`
# finds and does not count it; in grading, the same findings count. C901 allows a complexity of 10. A `noqa` is of no use.

# %% check="quality.lint"
assert_started(start())
print(lint())
### BEGIN HIDDEN TESTS
import hidden

hidden.lint(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# Types: 5 points, one less for each kind of error (such as `no-untyped-def`) in `service/`. You can run the same, which
# takes 10 seconds or more:
#
# `!python -m mypy --strict service`
#
# A comment that turns it off for a file, or for all errors of a line (`# type: ignore` without `[code]`), is a kind, too.

# %% check="quality.types"
files = package_files()
assert "service/app.py" in files, "service/app.py is absent"
assert b"def create_app() -> " in files["service/app.py"], "create_app() says what it returns"
### BEGIN HIDDEN TESTS
import hidden

hidden.types(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# Design: 8 points, 2 for each of these. Importing `service.app` opens no file but modules and loads no model. Two
# apps of `create_app` are independent of each other. The model is loaded once when an app starts, and not for a
# request. In OpenAPI the answers of all three routes have schemas with named properties.

# %% check="quality.design"
assert_started(start())
status, headers, page = call("GET", "/openapi.json")
assert status == 200, f"/openapi.json is answered with 200, yours is {status}"
absent = {"/health", "/predict", "/predict/batch"} - set(page["paths"])
assert not absent, f"OpenAPI does not know {sorted(absent)}"
### BEGIN HIDDEN TESTS
import hidden

hidden.design(package_files(), points=8)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4 · tests · 15 points · 45 minutes
#
# *Purpose: tests that fail when the service is wrong, and only then.*
#
# Write `tests/test_service.py`, and other files in `tests/` if you like. They are run with `python -m pytest` on services of
# ours, none of which you see:
#
# - first on two that keep the contract, in different ways. **A test function that fails on one of them costs 1.25 points**,
#   all of them 5 at most, and is left out of what follows. If your tests cannot be collected there, or do not end, this task earns nothing.
# - then on twelve that break the contract in one way each, and again on the two, in no order: 1.25 points for each of the
#   twelve on which a test fails. These runs stop at the first failure.
#
# A run may take 20 seconds, and all of them together, two at a time, 120; what is not over by then has found nothing. So a suite
# that takes 5 seconds is quick enough.
#
# Your tests may rely on nothing but the contract: `create_app` of `service.app`, HTTP, and the supplied
# `delay_model.py` and `data/`, which are there. They may not import other modules of `service`, nor expect your own words
# in `message` or `problem`, nor anything that the contract leaves open. To see a model fail or wait, replace
# `DelayModel.predict` or `DelayModel.load` of `delay_model` with pytest's `monkeypatch`: all our services use these.
# `fastapi.testclient.TestClient` is enough for every fault, and uvicorn and httpx are there. A test that is skipped
# finds nothing.

# %% task="tests"
# %%writefile tests/test_service.py
### BEGIN SOLUTION
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


@pytest.mark.parametrize("n", [0, 257])
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


### END SOLUTION

# %% [markdown]
# Suite: 15 points. The visible check runs your tests on your own service and shows what they say. It asks only that
# there is a test: whether a service of yours passes them earns nothing and costs nothing here.

# %% check="tests.suite"
assert "tests/test_service.py" in package_files(), "tests/test_service.py is absent"
status, text = run_tests()
print("your service passes your tests" if status == 0 else "your service does NOT pass your tests")
print(text)
assert status != 5, "pytest finds no test in tests/"
### BEGIN HIDDEN TESTS
import hidden

hidden.suite(package_files(), points=15)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5 · documents · 10 points · 15 minutes
#
# *Purpose: another team uses and runs the service without asking you.*
#
# Write `README.md`. It has
#
# - **commands**, in fenced blocks that begin with <code>```bash</code>. In grading they are run in order, each with `bash -e`
#   in the same fresh copy of your files, and must end with status 0. At least one of them runs the tests with pytest; what
#   the tests say counts in task 4 alone, so that this one may also end because a test failed, could not be
#   collected, or does not exist yet. There is no network and nothing to install, so write no `pip install`. Count on bash,
#   Python and the usual Unix commands, and not on curl. All blocks may take 60 seconds.
# - one block that begins with <code>```bash server</code> and starts the service on **port 8000**. It is started in its
#   turn, left running, and must listen within 20 seconds; then the next block begins. At the end it must answer `/health`.
# - a **table of error codes**: a Markdown table in which each of the eight codes of the contract has one row with the
#   code in one cell and its status in another.

# %% task="docs"
# %%writefile README.md
# ### BEGIN SOLUTION
# # Delays
#
# A service that says how probable it is that a flight lands more than 15 minutes late.
#
# ## Run it
#
# `MODEL_PATH` names the artefact; without it, it is `data/model.npz`.
#
# ```bash server
# python -m uvicorn --factory service.app:create_app --port 8000
# ```
#
# `GET /health` says that it is up, `POST /predict` takes one flight, and `POST /predict/batch` takes up to
# 256 of them. Examples of every request and answer are at `/docs`.
#
# ## Test it
#
# ```bash
# python -m pytest -q tests
# ```
#
# ## Errors
#
# Every error has the body `{"error": {"code", "message", "fields"}, "request_id"}`. Tell us the request id
# when you ask about one: it is in our log.
#
# | code | status | what to do |
# |---|---|---|
# | `malformed` | 400 | send JSON |
# | `not_found` | 404 | look at the path |
# | `method_not_allowed` | 405 | look at the method |
# | `too_large` | 413 | send less than 1 MiB |
# | `unsupported` | 415 | send the content type `application/json` |
# | `invalid` | 422 | correct the values that `fields` names |
# | `internal` | 500 | tell us |
# | `model_failure` | 503 | try again later |
# ### END SOLUTION

# %% [markdown]
# Commands: 4 points.

# %% check="docs.commands"
assert "README.md" in package_files(), "README.md is absent"
lines = package_files()["README.md"].decode().splitlines()
servers = [line for line in lines if line.split() == ["```bash", "server"]]
others = [line for line in lines if line.strip() == "```bash"]
assert len(servers) == 1, f"one block begins with ```bash server, yours are {len(servers)}"
assert others, "no block begins with ```bash"
### BEGIN HIDDEN TESTS
import hidden

hidden.commands_of_readme(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# OpenAPI: 3 points. At `/openapi.json`, each of the three routes has a summary, an example of its answer, an example
# of its body if it takes one (as `example` or `examples`, in the schema or beside it), and the errors that it can answer
# with the schema of their body: at least 500 for `/health`, and 400, 413, 415, 422, 500 and 503 for the others. Each
# example fits its schema. Tested only in grading: the schemas say what the service does, **bounds included**. Of small JSON
# bodies, those that fit the schema of their route are answered with 200 and all others with 422, and the body of every
# answer fits the schema of its status. Look at the page that you serve: not every way to write a rule reaches it.

# %% check="docs.openapi"
assert_started(start())
status, headers, page = call("GET", "/openapi.json")
assert status == 200, f"/openapi.json is answered with 200, yours is {status}"
for path, method in (("/health", "get"), ("/predict", "post"), ("/predict/batch", "post")):
    route = page["paths"].get(path, {}).get(method, {})
    assert route.get("summary"), f"{path} has no summary"
    assert "500" in route.get("responses", {}), f"{path} does not say that it may answer 500"
### BEGIN HIDDEN TESTS
import hidden

hidden.openapi(package_files(), points=3)
### END HIDDEN TESTS

# %% [markdown]
# Table: 3 points. In grading the table is compared with what your service does.

# %% check="docs.table"
assert "README.md" in package_files(), "README.md is absent"
lines = package_files()["README.md"].decode().splitlines()
rows = [[cell.strip(" `*") for cell in line.strip().strip("|").split("|")] for line in lines]
assert any({"model_failure", "503"} <= set(row) for row in rows), (
    "no row of a table has model_failure in one cell and 503 in another"
)
### BEGIN HIDDEN TESTS
import hidden

hidden.table(package_files(), points=3)
### END HIDDEN TESTS

# %% locked=true side="candidate"
stop()
