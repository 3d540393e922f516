"""The delay model: loads an artefact and gives each flight a probability of landing late.

Owns the numbers: how a flight becomes inputs of the network, and the network. Owns no request and
no answer: what a caller may send, and what it is told, is the service's business.
"""

import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ORIGINS = ("EWR", "JFK", "LGA")
ARRAYS = ("version", "carriers", "hidden_1", "hidden_2", "output")


class ModelError(RuntimeError):
    """The model cannot answer now."""


class DelayModel:
    """A small network over the six features of a flight.

    Create it with :meth:`load`. It keeps no state between calls, so that several threads may call
    :meth:`predict` at once.

    Parameters
    ----------
    arrays
        The content of an artefact, by name.
    """

    version: str

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.version = str(arrays["version"])
        self._carriers = {str(code): i for i, code in enumerate(arrays["carriers"])}
        self._layers = [arrays["hidden_1"], arrays["hidden_2"]]
        self._output = arrays["output"]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "DelayModel":
        """Read an artefact; this takes many times as long as a prediction.

        Raises
        ------
        ModelError
            If the file is missing or is no model.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in ARRAYS}
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError("the artefact is no delay model") from error
        return cls(arrays)

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probability of landing late of each flight, in the order of the rows.

        It works on all rows at once, and the calling thread waits for it.

        Parameters
        ----------
        rows
            Flights with ``carrier``, ``origin``, ``hour``, ``distance``, ``temp`` and
            ``last_delay``; the last two may be None.

        Raises
        ------
        ModelError
            If it cannot answer now.
        """
        values = _inputs(rows, self._carriers)
        for weights in self._layers:
            values = np.tanh(values @ weights[:-1] + weights[-1])
        scores = values @ self._output[:-1] + self._output[-1]
        return np.asarray(1 / (1 + np.exp(-scores)))


def _inputs(rows: Sequence[Mapping[str, Any]], carriers: Mapping[str, int]) -> np.ndarray:
    """Make the network's inputs, one row a flight."""
    numbers = np.array(
        [[row["hour"], row["distance"], row["temp"], row["last_delay"]] for row in rows], float
    ).reshape(-1, 4)  # None becomes NaN
    hour, distance, temp, last_delay = numbers.T
    angle = 2 * np.pi * hour / 24
    carrier = np.array([carriers.get(row["carrier"], -1) for row in rows], int)
    origin = np.array([ORIGINS.index(row["origin"]) for row in rows], int)
    columns = [
        np.sin(angle),
        np.cos(angle),
        hour / 12 - 1,
        np.log(distance / 800),
        np.nan_to_num((temp - 55) / 20),
        np.isnan(temp),
        np.nan_to_num(np.clip(last_delay, -60, 300) / 60),
        np.isnan(last_delay),
        *(origin == place for place in range(len(ORIGINS))),
        *(carrier == place for place in range(len(carriers))),
    ]
    return np.column_stack(columns).astype(float)
