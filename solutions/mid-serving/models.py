"""Models that stand in for ``delay_model.py`` in grading, and flights to ask them about.

Owns another model with the same contract and numbers of its own: one that is slow, that fails on
one flight, that counts how often it is loaded. What it answers is also computed here, from the same
weights, so that a check knows what is right. Owns no check.

One call costs about 0.4 ms and one flight more about 10 µs; loading costs about 25 ms, all of it
Python's own work, which threads cannot share: so a loop over flights and a load for each request
are seen on any machine.
"""

import inspect
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

WIDTH, LAYERS = 8, 40
CARRIERS = ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "UA", "US", "VX", "WN"]
ORIGINS = ["EWR", "JFK", "LGA"]

_TEXT = '''\
"""The delay model: loads an artefact and gives each flight a probability of landing late."""

import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_SETTINGS: dict[str, Any] = __SETTINGS__


class ModelError(RuntimeError):
    """The model cannot answer now."""


class DelayModel:
    """A small network over the six features of a flight."""

    version: str

    def __init__(self, version: str, layers: np.ndarray, output: np.ndarray) -> None:
        self.version = version
        self._layers = layers
        self._output = output

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "DelayModel":
        """Read an artefact; ModelError if the file is no model."""
        if _SETTINGS["said_at_load"]:
            os.write(1, f"{_SETTINGS['said_at_load']}\\n".encode())
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in ("version", "layers", "output", "table")}
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError("the artefact is no delay model") from error
        if not _SETTINGS["quick_to_load"]:
            sum(float(value) * 0.5 for value in arrays["table"])
        return cls(str(arrays["version"]), arrays["layers"], arrays["output"])

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probability of landing late of each flight, in the order of the rows."""
        for row in rows:
            fault = _SETTINGS["faults"].get(str(float(row["distance"])))
            if fault is not None:
                kind, text = fault
                raise {"ModelError": ModelError, "ValueError": ValueError, "KeyError": KeyError,
                       "MemoryError": MemoryError}[kind](text)
            if float(row["distance"]) == _SETTINGS["slow_at"]:
                time.sleep(3)
        time.sleep(_SETTINGS["wait"])
        values = np.array([_inputs(row) for row in rows], float).reshape(-1, 8)
        for weights in self._layers:
            values = values + 0.2 * np.tanh(values @ weights)
        scores = values @ self._output
        found = np.asarray(1 / (1 + np.exp(-scores)))
        odd = {_SETTINGS["odd"].get(str(float(row["distance"]))) for row in rows}
        if "nan" in odd:
            found[0] = np.nan
        return found[1:] if "short" in odd else found


__INPUTS__'''


@dataclass(frozen=True)
class Model:
    """A model of ours.

    Attributes
    ----------
    seed
        Of its numbers and its version.
    said_at_load
        A line that it writes each time it is loaded.
    slow_at
        A distance: a call with such a flight takes 3 s.
    faults
        Distances, and the exception that a call with such a flight raises: its class and text.
    odd
        Distances, and what is odd about the return value of a call with such a flight: "nan", or
        "short" for one value less than there are flights.
    wait
        Seconds that each call waits without using the processor, as for a device.
    quick_to_load
        Whether loading costs next to nothing.
    """

    seed: int
    said_at_load: str = ""
    slow_at: float | None = None
    faults: Mapping[float, tuple[str, str]] | None = None
    odd: Mapping[float, str] | None = None
    wait: float = 0.0
    quick_to_load: bool = False

    @property
    def version(self) -> str:
        """Its version."""
        return f"v{self.seed % 9973}.{self.seed % 89}"

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        rng = np.random.default_rng([self.seed, 5])
        return {
            "version": np.array(self.version),
            "layers": rng.normal(size=(LAYERS, WIDTH, WIDTH)) / 3,
            "output": rng.normal(size=WIDTH) / 2,
            "table": rng.integers(0, 99, 250_000).astype(np.uint8),
        }

    @property
    def files(self) -> dict[str, bytes]:
        """What is put in the place of the lab's model."""
        artefact = io.BytesIO()
        np.savez_compressed(artefact, allow_pickle=False, **self._arrays)
        settings = {
            "said_at_load": self.said_at_load,
            "slow_at": self.slow_at,
            "faults": {str(float(at)): fault for at, fault in (self.faults or {}).items()},
            "odd": {str(float(at)): kind for at, kind in (self.odd or {}).items()},
            "wait": self.wait,
            "quick_to_load": self.quick_to_load,
        }
        text = _TEXT.replace("__SETTINGS__", repr(settings))
        text = text.replace("__INPUTS__", inspect.getsource(_inputs))
        return {"delay_model.py": text.encode(), "data/model.npz": artefact.getvalue()}

    def probabilities(self, flights: Sequence[Mapping[str, Any]]) -> list[float]:
        """What it answers for flights that fit the contract."""
        found = []
        for flight in flights:
            values = np.array(_inputs(flight))
            for weights in self._arrays["layers"]:
                values = values + 0.2 * np.tanh(values @ weights)
            found.append(float(1 / (1 + np.exp(-values @ self._arrays["output"]))))
        return found


def _inputs(flight: Mapping[str, Any]) -> list[float]:
    temp, last_delay = flight.get("temp"), flight.get("last_delay")
    return [
        sum(map(ord, flight["carrier"])) / 70 - 2,
        ord(flight["origin"][0]) / 5 - 14.5,
        flight["hour"] / 12 - 1,
        flight["distance"] / 2000 - 1,
        0.0 if temp is None else temp / 40 - 1,
        float(temp is None),
        0.0 if last_delay is None else min(last_delay, 600) / 100,
        float(last_delay is None),
    ]


def flights(rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
    """``n`` flights that nobody has sent before; some without a temperature or a last delay."""
    made = []
    for _ in range(n):
        flight: dict[str, Any] = {
            "carrier": str(rng.choice(CARRIERS)),
            "origin": str(rng.choice(ORIGINS)),
            "hour": int(rng.integers(24)),
            "distance": round(float(rng.uniform(80, 5000)), 6),
        }
        for name, low, high in (("temp", -10, 100), ("last_delay", -60, 400)):
            kind = rng.random()
            if kind < 0.8:
                flight[name] = round(float(rng.uniform(low, high)), 6)
            elif kind < 0.9:
                flight[name] = None
        made.append(flight)
    return made


def body(value: Any) -> bytes:
    """The JSON text of a request's body."""
    return json.dumps(value).encode()
