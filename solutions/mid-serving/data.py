"""The data of mid-serving: the artefact of the delay model, and a few requests with answers.

Owns the making of the artefact from the flights tables, and the examples. Owns no rule for marking
(``hidden.py``) and not what the model computes (``delay_model.py``).

The hidden layers are drawn and only the output is learnt, by Newton's method: that is quick, and
the one optimum it finds, rounded, gives the same bytes whatever linear algebra library is used.
"""

import io
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import delay_model
import numpy as np
import pandas as pd
from delay_model import DelayModel
from numpy.random import Generator

from autograde import flights as source

__all__ = ["make", "write"]

PUBLIC_SEED = 0
ROWS = 6000
WIDTHS = (256, 160)
EXAMPLES = 4


@cache
def make(seed: int) -> bytes:
    """Make one artefact, ``model.npz``; another seed is another model with another version.

    Parameters
    ----------
    seed
        Decides the flights that it learns from and the hidden layers.
    """
    rng = np.random.default_rng([seed, 9])
    rows, late = _flights(rng)
    carriers = np.array(sorted({row["carrier"] for row in rows}))
    inputs = delay_model._inputs(rows, {str(code): i for i, code in enumerate(carriers)})
    layers = []
    values = inputs
    for width in WIDTHS:
        scale = 1 / np.sqrt(values.shape[1])
        layers.append(rng.normal(size=(values.shape[1] + 1, width)) * scale)
        values = np.tanh(values @ layers[-1][:-1] + layers[-1][-1])
    arrays = {
        "version": np.array(f"2013.{seed + 1}"),
        "carriers": carriers,
        "hidden_1": layers[0],
        "hidden_2": layers[1],
        "output": np.round(_logistic(values, late), 4),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _flights(rng: Generator) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Draw flights as a request describes them, and whether each landed late."""
    flights = source.table("flights").sort_values(["time_hour", "flight", "carrier", "origin"])
    readings = source.table("weather")[["origin", "time_hour", "temp"]]
    flights = flights.merge(readings.drop_duplicates(["origin", "time_hour"]), "left")
    # The delay of the aircraft's previous flight stands for what was known of it.
    flights["last_delay"] = flights.groupby("tailnum")["arr_delay"].shift()
    flights = flights.dropna(subset="arr_delay")
    flights = flights.iloc[rng.choice(len(flights), ROWS, replace=False)]
    columns = ["carrier", "origin", "hour", "distance", "temp", "last_delay"]
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in flights[columns].to_dict("records")
    ]
    return rows, (flights["arr_delay"] > 15).to_numpy(float)


def _logistic(values: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Return the weights, the intercept last, of a regularised logistic regression."""
    design = np.column_stack([values, np.ones(len(values))])
    penalty = np.full(design.shape[1], 10.0)
    weights = np.zeros(design.shape[1])
    for _ in range(12):
        fitted = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (late - fitted) - penalty * weights
        bend = (design.T * (fitted * (1 - fitted))) @ design + np.diag(penalty)
        weights += np.linalg.solve(bend, slope)
    return weights


def _examples(model: DelayModel, seed: int) -> list[dict[str, Any]]:
    """Return requests with the status and body of their answers."""
    rows, _ = _flights(np.random.default_rng([seed, 11]))
    good = rows[:EXAMPLES]
    values = [round(float(value), 6) for value in model.predict(good)]
    examples: list[dict[str, Any]] = [
        {
            "method": "POST",
            "path": "/predict",
            "body": row,
            "status": 200,
            "answer": {"probability": value, "model_version": model.version},
        }
        for row, value in zip(good, values, strict=True)
    ]
    examples.append(
        {
            "method": "POST",
            "path": "/predict/batch",
            "body": {"flights": good},
            "status": 200,
            "answer": {
                "predictions": [{"probability": value} for value in values],
                "model_version": model.version,
            },
        }
    )
    return examples


def write(folder: Path, variant: int = 0) -> None:
    """Write what a candidate gets: model, artefact and examples, the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(delay_model.__file__, folder / "delay_model.py")
    (folder / "model.npz").write_bytes(make(PUBLIC_SEED + variant))
    examples = _examples(DelayModel.load(folder / "model.npz"), PUBLIC_SEED + variant)
    text = json.dumps(examples, indent=1, ensure_ascii=False)
    (folder / "examples.json").write_text(text + "\n", encoding="utf-8")
