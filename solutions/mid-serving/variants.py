"""Services that a suite of tests is run on: two that keep the contract, and twelve that break it.

Owns the faults, each an exact edit of our service, and the files that go with a service. Ours and
those that are wrong have the same files, so that nothing but behaviour tells them apart. Owns no
running of them.
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import data

HERE = Path(__file__).parent
Files = dict[str, bytes]


@dataclass(frozen=True)
class Mutant:
    """A fault: ``edits`` are texts of the reference that occur once, and what stands there instead.

    ``about`` says which sentence of the contract it breaks, for authors.
    """

    about: str
    edits: Sequence[tuple[str, str]]


@cache
def supplied() -> Files:
    """What the lab gives to every service: the model, its artefact and the examples."""
    with tempfile.TemporaryDirectory() as folder:
        data.write(Path(folder))
        files = {f"data/{path.name}": path.read_bytes() for path in Path(folder).iterdir()}
    return {**files, "delay_model.py": (HERE / "delay_model.py").read_bytes()}


@cache
def service() -> Files:
    """The files of our service, which is the solution in ``lab.py``."""
    text = (HERE / "lab.py").read_text(encoding="utf-8")
    cells = re.findall(
        r"^# %%writefile (service/\S+)\n### BEGIN SOLUTION\n(.*?)^### END SOLUTION$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return {"service/__init__.py": b"", **{path: body.encode() for path, body in cells}}


def reference() -> Files:
    """Our service, ready to be tested."""
    return {**service(), "tests/__init__.py": b"", **supplied()}


def equivalent() -> Files:
    """Another one that keeps the contract: other internals, words, order of keys."""
    app = (HERE / "variant_app.py").read_bytes()
    own = {"service/__init__.py": b"", "service/app.py": app, "tests/__init__.py": b""}
    return {**own, **supplied()}


def mutant(fault: Mutant) -> Files:
    """Our service with a fault.

    Raises
    ------
    ValueError
        If an edit does not fit the reference any more.
    """
    files = reference()
    for was, becomes in fault.edits:
        files = edited(files, was, becomes)
    return files


def edited(files: Files, was: str, becomes: str) -> Files:
    """A service with one place changed.

    Raises
    ------
    ValueError
        If not exactly one place in its modules reads so.
    """
    texts = {path: text.decode() for path, text in files.items() if path.startswith("service/")}
    count = sum(text.count(was) for text in texts.values())
    if count != 1:
        raise ValueError(f"{count} places read {was!r}")
    return {**files, **{p: text.replace(was, becomes).encode() for p, text in texts.items()}}


MUTANTS = [
    Mutant(
        "predictions of a batch in the order of the request",
        [
            (
                "predictions = [Probability(probability=value) for value in found]",
                "predictions = [Probability(probability=value) for value in sorted(found)]",
            )
        ],
    ),
    Mutant(
        "text and true are no numbers",
        [("ConfigDict(strict=True, extra=", "ConfigDict(strict=False, extra=")],
    ),
    Mutant(
        "unknown keys are refused",
        [('extra="forbid"', 'extra="ignore"')],
    ),
    Mutant(
        "NaN and Infinity are refused with 422 or 400",
        [
            (
                "    problems = error.errors()\n",
                "    problems = error.errors()\n"
                '    if any(problem["type"] == "finite_number" for problem in problems):\n'
                "        return failure(500)\n",
            )
        ],
    ),
    Mutant(
        "a batch holds 256 flights at most",
        [("max_length=MAX_FLIGHTS)", "max_length=MAX_FLIGHTS + 1)")],
    ),
    Mutant(
        "one bad flight refuses the whole batch",
        [
            (
                "    flights: list[Flight] = Field(min_length=1, max_length=MAX_FLIGHTS)\n",
                "    flights: list[Flight] = Field(min_length=1, max_length=MAX_FLIGHTS)\n\n"
                '    @model_validator(mode="before")\n'
                "    @classmethod\n"
                "    def only_good(cls, value: Any) -> Any:\n"
                '        listed = value.get("flights") if isinstance(value, dict) else None\n'
                "        if not isinstance(listed, list) or len(listed) < 2:\n"
                "            return value\n"
                '        return {**value, "flights": [one for one in listed if fits(one)]}\n',
            ),
            ("from typing import Annotated, Literal", "from typing import Annotated, Any, Literal"),
            (
                "import BaseModel, BeforeValidator,",
                "import BaseModel, BeforeValidator, ValidationError, model_validator,",
            ),
            (
                "class Batch(Schema):\n",
                "def fits(value: Any) -> bool:\n"
                '    """Whether it is a flight."""\n'
                "    try:\n"
                "        Flight.model_validate(value)\n"
                "    except ValidationError:\n"
                "        return False\n"
                "    return True\n\n\n"
                "class Batch(Schema):\n",
            ),
        ],
    ),
    Mutant(
        "the id of the request is in the response",
        [
            (
                'given = headers.get(b"x-request-id", "")',
                'given = headers.get(b"x-request-id", "")[:0]',
            )
        ],
    ),
    Mutant(
        "503 when the model raises anything at a prediction",
        [
            (
                "except Exception as error:\n            raise PredictionFailed from error",
                "except RuntimeError as error:\n            raise PredictionFailed from error",
            )
        ],
    ),
    Mutant(
        "a body that is not JSON is answered with 400 malformed",
        [
            (
                '    if any(problem["type"] == "json_invalid" for problem in problems):\n'
                "        return failure(400)\n",
                "",
            )
        ],
    ),
    Mutant(
        "an error names each value that is wrong by its path",
        [('".".join(map(str, problem["loc"][1:]))', '".".join(map(str, problem["loc"]))')],
    ),
    Mutant(
        "a probability is not rounded",
        [
            (
                "        values: list[float] = found.tolist()\n",
                "        values: list[float] = found.round(3).tolist()\n",
            )
        ],
    ),
    Mutant(
        "the content type of a POST is application/json",
        [
            (
                'if kind.strip().lower() != "application/json":',
                'if kind.strip().lower() == "text/xml":',
            )
        ],
    ),
]
