"""The data of junior-eda: made from a seed, with every planted fault on record.

Owns the overlay over the flights tables (months kept, rows thinned, codes replaced, faults
planted), the truth about it, and the small frames for planted cases. Owns no rule for marking: what
is right is in ``hidden.py``. Only NumPy's ``default_rng`` draws, so a seed means the same data
under any version of pandas.
"""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from autograde import flights as source

__all__ = ["Case", "joined", "make", "rows", "simpson", "write"]

PUBLIC_SEED = 0
JOINED_SEED = 1

STORM = 0.30  # a day with at least this share of cancelled flights is a storm day

FLIGHT_COLUMNS = [
    "row_id", "year", "month", "day", "hour", "time_hour", "sched_dep_time", "dep_time",
    "dep_delay", "sched_arr_time", "arr_time", "arr_delay", "carrier", "flight", "tailnum",
    "origin", "dest", "air_time", "distance",
]  # fmt: skip
WEATHER_COLUMNS = [
    "row_id", "origin", "time_hour", "temp", "humid", "wind_speed", "wind_gust", "precip",
    "pressure", "visib",
]  # fmt: skip
PLANE_COLUMNS = ["tailnum", "year", "manufacturer", "model", "seats", "engine"]
AIRPORT_COLUMNS = ["faa", "name", "lat", "lon", "alt"]

# What join_all takes from each lookup table, and under which name.
TAKEN = {
    "planes": {
        "year": "plane_year", "manufacturer": "plane_manufacturer", "seats": "plane_seats",
    },
    "weather": {
        column: column
        for column in ("temp", "wind_speed", "wind_gust", "precip", "pressure", "visib")
    },
    "airports": {"name": "dest_name", "lat": "dest_lat", "lon": "dest_lon"},
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One variant of the lab's data.

    Attributes
    ----------
    tables
        ``flights``, ``planes``, ``weather``, ``airports`` and ``airlines``, as the candidate's
        loading cell gives them; rows in no order.
    planted
        One row per planted fault: ``table``, ``row_id``, ``reason``. A row has at most one.
    storm
        ``row_id`` of the flights of storm days, the planted one and those of the source: days on
        which at least 30 % of the flights are cancelled.
    """

    tables: dict[str, pd.DataFrame]
    planted: pd.DataFrame
    storm: list[int]


def make(seed: int, flights: int = 3000, months: int = 2, faults: int = 8) -> Case:
    """Make one variant.

    Parameters
    ----------
    seed
        Decides months, rows, codes, the storm and every fault.
    flights
        Rows kept before duplicates and second legs are added.
    months
        How many of the twelve months are kept.
    faults
        Rows planted for each reason code; twice as many duplicates of flights.
    """
    rng = np.random.default_rng([seed, flights, months])
    kept = np.sort(rng.choice(12, months, replace=False) + 1)
    fl = _thinned(rng, kept, flights)
    we = _weather(rng, kept)
    fl, we = _storm(rng, fl, we)
    fl = pd.concat([fl, _second_legs(rng, fl, max(3, faults // 2))], ignore_index=True)
    # Not only the planted day: 8 and 9 February are storms of the source.
    cancelled = fl["dep_time"].isna().groupby([fl["month"], fl["day"]]).transform("mean")
    storm_rows = np.flatnonzero(fl.pop("storm") | (cancelled >= STORM))
    calm = np.setdiff1d(np.arange(len(fl)), storm_rows)

    fl, flight_faults = _plant_in_flights(rng, fl, calm, faults)
    we, weather_faults = _plant_in_weather(rng, we, faults)
    fl["row_id"], flight_ids = _row_ids(rng, len(fl), flight_faults)
    we["row_id"], weather_ids = _row_ids(rng, len(we), weather_faults)

    tables = {
        "flights": fl[FLIGHT_COLUMNS],
        "planes": _planes(rng, fl),
        "weather": we[WEATHER_COLUMNS],
        "airports": source.table("airports")[AIRPORT_COLUMNS],
        "airlines": source.table("airlines"),
    }
    tables = _renamed(rng, tables)
    tables = {name: _shuffled(rng, frame) for name, frame in tables.items()}
    planted = pd.DataFrame(
        [("flights", *fault) for fault in flight_ids]
        + [("weather", *fault) for fault in weather_ids],
        columns=["table", "row_id", "reason"],
    )
    return Case(tables, planted, [int(i) for i in fl["row_id"].to_numpy()[storm_rows]])


def joined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Join as task ``join_all`` asks, in the row order of ``flights``."""
    out = tables["flights"].reset_index(drop=True)
    for name, left, right, flag in (
        ("planes", ["tailnum"], ["tailnum"], "has_plane"),
        ("weather", ["origin", "time_hour"], ["origin", "time_hour"], "has_weather"),
        ("airports", ["dest"], ["faa"], "has_dest"),
    ):
        lookup = tables[name].dropna(subset=right).drop_duplicates(right)
        lookup = lookup[right + list(TAKEN[name])].rename(columns=TAKEN[name])
        lookup = lookup.rename(columns=dict(zip(right, left, strict=True)))
        out = out.merge(lookup.assign(**{flag: True}), on=left, how="left", validate="m:1")
        out[flag] = out[flag].notna()
    return out


def write(folder: Path, variant: int = 0) -> None:
    """Write what a candidate gets; the same bytes every time.

    Plain CSV, because Parquet and gzip put the version of their writer into the file. Five tables
    of the variant, and ``joined.csv``: a joined sample of another one for ``missing_reasons``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = make(PUBLIC_SEED + variant, flights=20_000, months=3, faults=40).tables
    frames["joined"] = joined(make(JOINED_SEED + variant, flights=3000, months=3).tables)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n",
                     date_format="%Y-%m-%dT%H:%M:%SZ")  # fmt: skip


def rows(text: str) -> pd.DataFrame:
    """Read a small table from text: a header line, then rows; ``-`` is a missing value.

    A column named ``time_hour`` becomes UTC timestamps; the others what ``read_csv`` makes of them.
    """
    frame = pd.read_csv(StringIO(text), sep=r"\s+", na_values=["-"])
    if "time_hour" in frame:
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.as_unit("us")
    return frame


def simpson(seed: int) -> pd.DataFrame:
    """Flights in which the plain late rate ranks two origins against every carrier's own rate.

    At each carrier that flies from both origins ``AAA`` is late less often than ``BBB``, but the
    carrier that is late most often flies mostly from ``AAA``. A third carrier flies from ``AAA``
    alone and is always late. Columns of ``flights``; some rows have no ``arr_delay``.
    """
    rng = np.random.default_rng([seed, 7])
    scale = int(rng.integers(8, 16))
    cells = [  # carrier, origin, counted flights, late ones
        ("bad", "AAA", 30 * scale, 12 * scale),
        ("bad", "BBB", 5 * scale, 3 * scale),
        ("good", "AAA", 5 * scale, scale // 4),
        ("good", "BBB", 30 * scale, 3 * scale),
        ("only", "AAA", 3 * scale, 3 * scale),
    ]
    delays, labels = [], []
    for carrier, origin, n, late in cells:
        minutes = np.concatenate([rng.integers(16, 200, late), rng.integers(-30, 16, n - late)])
        delays += [*minutes.astype(float), *[np.nan] * scale]  # cancelled or diverted: not counted
        labels += [(carrier, origin)] * (n + scale)
    frame = pd.DataFrame(labels, columns=["carrier", "origin"])
    n = len(frame)
    frame["arr_delay"] = delays
    frame["row_id"] = rng.permutation(n) + 1
    frame["year"], frame["month"], frame["day"] = 2013, 5, rng.integers(1, 29, n)
    frame["hour"] = rng.integers(6, 23, n)
    frame["dest"] = "ZZZ"
    frame["dep_time"] = np.where(frame["arr_delay"].isna(), np.nan, frame["hour"] * 100.0 + 1)
    return frame.iloc[rng.permutation(n)].reset_index(drop=True)


# --- from the source to a clean variant ----------------------------------------------------------


def _thinned(rng: Generator, months: np.ndarray, n: int) -> pd.DataFrame:
    fl = source.table("flights")
    places = np.flatnonzero(fl["month"].isin(months).to_numpy())
    fl = fl.iloc[np.sort(rng.choice(places, n, replace=False))]
    return fl.drop(columns="minute").reset_index(drop=True)


def _weather(rng: Generator, months: np.ndarray) -> pd.DataFrame:
    we = source.table("weather")
    we = we[we["month"].isin(months)]
    # Some months of the source lack no hour; here every variant has flights without weather.
    we = we[rng.random(len(we)) > 0.01].reset_index(drop=True)
    # The source has two bad readings of its own; planted ones shall be the only ones, and none so
    # near the rule's 25 degrees that rounding decides.
    we.loc[we["wind_speed"] > 200, "wind_speed"] = np.nan
    above, below = _hour_before_and_after(we)
    we.loc[((we["temp"] - above).abs() > 24) & ((we["temp"] - below).abs() > 24), "temp"] = np.nan
    return we


def _hour_before_and_after(we: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Temperature at the same origin one hour earlier and one hour later, aligned with ``we``."""
    keyed = we.set_index(["origin", "time_hour"])["temp"]

    def moved(hours: int) -> pd.Series:
        hour = we["time_hour"] + pd.Timedelta(hours=hours)
        there = keyed.reindex(pd.MultiIndex.from_arrays([we["origin"], hour]))
        return pd.Series(there.to_numpy(), index=we.index)

    return moved(-1), moved(1)


def _storm(rng: Generator, fl: pd.DataFrame, we: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn one day into a storm: half the flights cancelled, the rest hours late, no fault."""
    days = fl.groupby(["month", "day"]).size()
    busy = days.index[days >= days.median()]
    month, day = busy[int(rng.integers(len(busy)))]
    hit = ((fl["month"] == month) & (fl["day"] == day)).to_numpy()
    fl["storm"] = hit

    flown = np.flatnonzero(hit & fl["arr_delay"].notna().to_numpy())
    cancel = rng.random(len(flown)) < 0.55
    gone, late = flown[cancel], flown[~cancel]
    fl.loc[gone, ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]] = np.nan
    fl.loc[gone[rng.random(len(gone)) < 0.35], "tailnum"] = None
    extra = rng.integers(60, 400, len(late)).astype(float)
    for end in ("dep", "arr"):
        fl.loc[late, f"{end}_delay"] += extra
        fl.loc[late, f"{end}_time"] = _later(fl.loc[late, f"{end}_time"], extra)

    hours = ((we["month"] == month) & (we["day"] == day) & (we["hour"] >= 5)).to_numpy()
    n = int(hours.sum())
    we.loc[hours, "wind_speed"] = np.round(rng.uniform(28, 48, n), 1)
    we.loc[hours, "wind_gust"] = np.round(we.loc[hours, "wind_speed"] + rng.uniform(10, 30, n), 1)
    we.loc[hours, "precip"] = np.round(rng.uniform(0.05, 0.6, n), 2)
    we.loc[hours, "visib"] = np.round(rng.uniform(0.25, 2, n), 2)
    we.loc[np.flatnonzero(hours)[rng.random(n) < 0.5], "pressure"] = np.nan
    return fl, we


def _later(clock: pd.Series, minutes: np.ndarray) -> np.ndarray:
    """HHMM values moved on by some minutes; midnight is 2400, as in the source."""
    value = clock.to_numpy(dtype=float)
    total = (value // 100 * 60 + value % 100 + minutes) % 1440
    total = np.where(total == 0, 1440, total)
    return total // 60 * 100 + total % 60


def _second_legs(rng: Generator, fl: pd.DataFrame, n: int) -> pd.DataFrame:
    """Real flights that look like duplicates: same number, day and route, five hours later."""
    day = (fl["hour"].between(6, 15) & fl["arr_delay"].notna() & ~fl["storm"]).to_numpy()
    legs = fl.iloc[np.sort(rng.choice(np.flatnonzero(day), n, replace=False))].copy()
    legs["hour"] += 5
    legs["time_hour"] += pd.Timedelta(hours=5)
    for column in ("sched_dep_time", "dep_time", "sched_arr_time", "arr_time"):
        moved = _later(legs[column], np.full(n, 300.0))
        legs[column] = moved.astype(fl[column].dtype)
    return legs


def _planes(rng: Generator, fl: pd.DataFrame) -> pd.DataFrame:
    """Planes of these flights and some others, three of them twice, two without a tail number."""
    pl = source.table("planes")[PLANE_COLUMNS]
    flying = pl["tailnum"].isin(fl["tailnum"].dropna()).to_numpy()
    others = rng.choice(np.flatnonzero(~flying), min(60, int((~flying).sum())), replace=False)
    nameless = pl.iloc[others[:2]].copy()
    nameless.loc[:, "tailnum"] = None
    twice = pl.iloc[rng.choice(np.flatnonzero(flying), 3, replace=False)]
    kept = pl.iloc[np.sort(np.concatenate([np.flatnonzero(flying), others[2:]]))]
    return pd.concat([kept, twice, nameless], ignore_index=True)


def _renamed(rng: Generator, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Replace the codes and names of carriers and airports by made-up ones."""
    fl, we, ap, al = (tables[name] for name in ("flights", "weather", "airports", "airlines"))
    letters = "BCDFGHJKLMPQRSTVWXZ"  # no vowels, no N: never "NA" or "NAN"

    codes = sorted(set(fl["origin"]) | set(fl["dest"]) | set(ap["faa"]))
    # A digit in the middle: no airport has such an IATA code.
    spare = [f"{a}{d}{b}" for a in letters for d in range(2, 10) for b in letters]
    spare = sorted(set(spare) - set(codes))
    airport = dict(zip(codes, rng.choice(spare, len(codes), replace=False).tolist(), strict=True))

    carriers = sorted(al["carrier"])
    spare = sorted({f"{a}{d}" for a in letters for d in range(2, 10)} - set(carriers))
    carrier = dict(
        zip(carriers, rng.choice(spare, len(carriers), replace=False).tolist(), strict=True)
    )

    faa = ap["faa"].map(airport)
    return tables | {
        "flights": fl.assign(
            carrier=fl["carrier"].map(carrier),
            origin=fl["origin"].map(airport),
            dest=fl["dest"].map(airport),
        ),
        "weather": we.assign(origin=we["origin"].map(airport)),
        "airports": ap.assign(faa=faa, name="Airport " + faa),
        "airlines": al.assign(
            carrier=al["carrier"].map(carrier), name="Carrier " + al["carrier"].map(carrier)
        ),
    }


def _shuffled(rng: Generator, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


# --- planted faults ------------------------------------------------------------------------------

Fault = tuple[int, str]  # place of the row, reason code
Faults = tuple[list[Fault], dict[int, int]]  # and for each duplicate: its place -> its original's


def _plant_in_flights(
    rng: Generator, fl: pd.DataFrame, calm: np.ndarray, n: int
) -> tuple[pd.DataFrame, Faults]:
    flown = calm[fl["arr_delay"].notna().to_numpy()[calm]]
    places = rng.choice(flown, 5 * n, replace=False)
    clock, speed, delay, twice = np.split(places, [n, 2 * n, 3 * n])
    faults: list[Fault] = []

    for k, i in enumerate(clock):
        column = ("dep_time", "arr_time")[k % 2]
        late_minute = int(rng.integers(1, 24)) * 100 + 60 + k % 40
        fl.loc[i, column] = float(rng.choice([late_minute, 2401, 2517, 3010, -5]))
        faults.append((i, "clock"))
    for k, i in enumerate(speed):
        air = fl.loc[i, "air_time"]
        too_fast = max(1.0, np.floor(fl.loc[i, "distance"] * 60 / rng.uniform(1000, 9000)))
        fl.loc[i, "air_time"] = (0.0, -air, too_fast, too_fast)[k % 4]
        faults.append((i, "speed"))
    for k, i in enumerate(delay):
        column = ("dep_delay", "arr_delay")[k % 2]
        # 60 and 720: a wrong time zone, a 12-hour clock; the small ones: typing errors.
        fl.loc[i, column] += float(rng.choice([60, -60, 720, 10, 7]))
        faults.append((i, "delay"))

    cancelled = calm[fl["dep_time"].isna().to_numpy()[calm]]
    originals = [*twice, *rng.choice(cancelled, min(2, len(cancelled)), replace=False)]
    copies = {len(fl) + k: int(i) for k, i in enumerate(originals)}
    fl = pd.concat([fl, fl.iloc[originals]], ignore_index=True)
    return fl, (faults + [(i, "duplicate") for i in copies], copies)


def _plant_in_weather(rng: Generator, we: pd.DataFrame, n: int) -> tuple[pd.DataFrame, Faults]:
    before, after = _hour_before_and_after(we)
    whole = (we["temp"].notna() & before.notna() & after.notna()).to_numpy()
    # Faulty hours keep four hours apart, so that no fault is another one's neighbour.
    spaced = np.flatnonzero(whole & (np.arange(len(we)) % 4 == 1))
    places = rng.choice(spaced, 3 * n, replace=False)
    limits, spikes, twice = np.split(places, 3)
    faults: list[Fault] = []

    wild = [
        ("wind_speed", 1048.4), ("humid", 130.0), ("pressure", 101.7), ("humid", -4.0),
        ("precip", -0.1), ("visib", -1.0), ("wind_gust", 430.5), ("pressure", 1917.0),
    ]  # fmt: skip
    for k, i in enumerate(limits):
        column, value = wild[k % len(wild)]
        we.loc[i, column] = value
        faults.append((i, "limits"))
    for i in spikes:
        jump = round(float(rng.uniform(45, 60)), 2)
        # Away from the season: a frost in July, a summer hour in January; both inside the limits.
        we.loc[i, "temp"] += -jump if we.loc[i, "temp"] > 50 else jump
        faults.append((i, "spike"))
    copies = {len(we) + k: int(i) for k, i in enumerate(twice)}
    we = pd.concat([we, we.iloc[twice]], ignore_index=True)
    return we, (faults + [(i, "duplicate") for i in copies], copies)


def _row_ids(rng: Generator, n: int, planted: Faults) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Draw unique ids that tell nothing, except that a duplicate's is above its original's."""
    faults, copies = planted
    ids = 10_000 + rng.permutation(3 * n)[:n]
    for copy, original in copies.items():
        if ids[copy] < ids[original]:
            ids[copy], ids[original] = ids[original], ids[copy]
    return ids, [(int(ids[i]), reason) for i, reason in faults]
