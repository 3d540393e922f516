# kind: right
# about: classes, lambdas, nullable dtypes, and own earlier functions used again in later tasks

# %%
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass


@dataclass
class Share:
    hits: int
    n: int

    @property
    def p(self):
        return self.hits / self.n

    @property
    def variance(self):
        return self.p * (1 - self.p) / self.n

    @classmethod
    def of(cls, flags):
        return cls(int(flags.sum()), int(flags.size))


@dataclass
class Claim:
    claim: str
    value: float
    low: float
    high: float
    rows: int

    @classmethod
    def make(cls, name, first, second=None):
        value, variance, rows = first.p, first.variance, first.n
        if second is not None:
            value, variance, rows = value - second.p, variance + second.variance, rows + second.n
        half = 1.96 * variance**0.5
        return cls(name, value, value - half, value + half, rows)


class Lookup:
    def __init__(self, frame, key, take):
        self.key, self.take = key, take
        self.frame = frame[key + list(take)].dropna(subset=key).groupby(key, as_index=False).head(1)

    def attach(self, flights, own, flag):
        right = self.frame.rename(columns={**dict(zip(self.key, own)), **self.take})
        out = flights.merge(right.assign(**{flag: True}), on=own, how="left")
        out[flag] = out[flag].astype("boolean").fillna(False)
        return out


# %% task="profile"
def profile(tables, keys):
    """Profile with a small class."""

    class Column:
        def __init__(self, values):
            self.values = values
            self.numbers = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)

        def kind(self):
            if self.numbers:
                numbers = self.values.dropna().to_numpy(dtype=float)
                return "integer" if np.array_equal(numbers, np.floor(numbers)) else "decimal"
            return {"b": "bool", "M": "time"}.get(getattr(self.values.dtype, "kind", "O"), "text")

    out = defaultdict(dict)
    for name, frame in tables.items():
        columns = {c: Column(frame[c]) for c in frame}
        full = frame.loc[frame[keys[name]].notna().all(axis=1), keys[name]]
        times = Counter(map(tuple, full.to_numpy(dtype=object)))
        out[name]["rows"] = np.int64(len(frame))
        out[name]["missing"] = {c: np.int64(v.values.isna().sum()) for c, v in columns.items()}
        out[name]["key_missing"] = len(frame) - len(full)
        out[name]["key_repeated"] = sum(n for n in times.values() if n > 1)
        out[name]["kinds"] = {c: v.kind() for c, v in columns.items()}
    return dict(out)


# %% after="profile"
weather_columns = {c: c for c in ["temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"]}
plane_columns = {"year": "plane_year", "manufacturer": "plane_manufacturer", "seats": "plane_seats"}
airport_columns = {"name": "dest_name", "lat": "dest_lat", "lon": "dest_lon"}


# %% task="join_all"
def join_all(tables):
    flights = tables["flights"].copy()
    joined = Lookup(tables["planes"], ["tailnum"], plane_columns).attach(flights, ["tailnum"], "has_plane")
    joined = Lookup(tables["weather"], ["origin", "time_hour"], weather_columns).attach(
        joined, ["origin", "time_hour"], "has_weather"
    )
    joined = Lookup(tables["airports"], ["faa"], airport_columns).attach(joined, ["dest"], "has_dest")
    joined["plane_year"] = joined["plane_year"].astype("Int64")
    joined["plane_seats"] = joined["plane_seats"].astype("Int64")
    joined["dest_name"] = joined["dest_name"].astype("category")
    joined["something_more"] = 1
    joined = joined.sample(frac=1, random_state=1).set_index("row_id", drop=False)

    parts = []
    for lookup, group, flag in (
        ("planes", "carrier", "has_plane"), ("weather", "origin", "has_weather"), ("airports", "dest", "has_dest"),
    ):
        for name, rows in joined.groupby(group):
            no_key = int(rows["tailnum"].isna().sum()) if lookup == "planes" else 0
            parts.append({
                "not_found": float((~rows[flag]).sum() - no_key), "no_key": no_key,
                "flights": len(rows), "group": name, "lookup": lookup,
            })
    columns = ["lookup", "group", "flights", "no_key", "not_found"]
    report = pd.DataFrame(parts, columns=columns).astype({"lookup": "category"})
    return [joined, report]


# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    causes = {("structural", None): lambda f: f["wind_speed"] < 15, ("outcome", None): lambda f: f["dep_time"].isna()}
    causes |= {("carrier", c): (lambda f, c=c: f["carrier"] == c) for c in sorted(set(joined["carrier"]))}
    causes[("weather", None)] = lambda f: f["precip"] > 0
    masks = {cause: rule(joined).to_numpy(dtype=bool) for cause, rule in causes.items()}
    big = {c: m for c, m in masks.items() if min(m.sum(), (~m).sum()) >= min_rows}

    lines = []
    for name in joined.columns[joined.isna().any()]:
        gone = joined[name].isna().to_numpy()
        shares = {cause: (gone[m].mean(), gone[~m].mean()) for cause, m in big.items()}
        ranked = sorted(shares.items(), key=lambda item: item[1][1] - item[1][0])  # stable: ties keep order
        winner = ranked[0] if ranked and ranked[0][1][0] - ranked[0][1][1] >= 0.25 else None
        (reason, group), (inside, outside) = winner or (("other", pd.NA), (pd.NA, pd.NA))
        lines.append([name, np.int64(gone.sum()), reason, inside, outside, group])
    return pd.DataFrame(lines, columns=["column", "missing", "reason", "inside", "outside", "group"]).astype(
        {"inside": "Float64", "outside": "Float64", "missing": "Int64"}
    )


# %% task="anomalies"
def anomalies(tables):
    found = {"table": [], "row_id": [], "reason": []}

    def add(table, rows, reason):
        for row_id in rows["row_id"]:
            for key, value in zip(found, (table, row_id, reason)):
                found[key].append(value)

    clean = {}
    for table in ("flights", "weather"):
        frame = tables[table]
        rest = [c for c in frame.columns if c != "row_id"]
        lowest = frame.groupby(rest, dropna=False)["row_id"].transform("min")
        add(table, frame[frame["row_id"] != lowest], "duplicate")
        clean[table] = frame[frame["row_id"] == lowest]

    class End:
        def __init__(self, flights, end):
            self.clock = flights[f"{end}_time"].astype("Float64")
            self.plan = flights[f"sched_{end}_time"]
            self.delay = flights[f"{end}_delay"]

        def is_clock(self):
            hours, minutes = divmod(self.clock, 100)
            return ((hours >= 0) & (hours < 24) & (minutes < 60)) | (self.clock == 2400)

        def wrong_clock(self):
            return ~self.is_clock().fillna(True)

        def wrong_delay(self):
            minutes = self.clock // 100 * 60 + self.clock % 100 - self.plan // 100 * 60 - self.plan % 100
            return self.is_clock().fillna(False) & ((minutes - self.delay) % 1440 != 0).fillna(False)

    flights = clean["flights"]
    ends = [End(flights, "dep"), End(flights, "arr")]
    add("flights", flights[ends[0].wrong_clock() | ends[1].wrong_clock()], "clock")
    add("flights", flights[ends[0].wrong_delay() | ends[1].wrong_delay()], "delay")
    with np.errstate(divide="ignore", invalid="ignore"):
        mph = flights["distance"].to_numpy(dtype=float) / (flights["air_time"].to_numpy(dtype=float) / 60)
    add("flights", flights[(flights["air_time"].to_numpy(dtype=float) <= 0) | (mph > 780)], "speed")

    weather = clean["weather"]
    limits = dict(temp=(-60, 130), humid=(0, 100), wind_speed=(0, 200), wind_gust=(0, 255),
                  precip=(0, 12), pressure=(870, 1085), visib=(0, 100))
    fine = [weather[c].isna() | weather[c].between(low, high) for c, (low, high) in limits.items()]
    add("weather", weather[~np.logical_and.reduce(fine)], "limits")
    for _, place in weather.sort_values("time_hour").groupby("origin"):
        hour = pd.Timedelta(hours=1)
        close = (place["time_hour"].diff() == hour) & (place["time_hour"].diff(-1) == -hour)
        up, down = place["temp"] - place["temp"].shift(1), place["temp"] - place["temp"].shift(-1)
        add("weather", place[close & (up.abs() > 25) & (down.abs() > 25) & (up * down > 0)], "spike")
    return pd.DataFrame(found)


# %% after="anomalies"
is_late = lambda flights: flights.loc[flights["arr_delay"].notna(), "arr_delay"] > 15  # noqa: E731

# %% task="questions.late_chart"
def late_chart(flights):
    import seaborn as sns

    counted = flights[flights["arr_delay"].notna()]
    count = Counter(counted["carrier"])
    keep = sorted(sorted(count), key=count.get, reverse=True)[:8]
    percent = {c: 100 * is_late(counted[counted["carrier"] == c]).mean() for c in keep}
    order = sorted(sorted(keep), key=percent.get, reverse=True)
    fig, ax = plt.subplots()
    sns.barplot(x=order, y=[percent[c] for c in order], order=order, ax=ax)
    ax.set(xlabel="carriers with the most flights", ylabel="late (%)", title="Share of late flights")
    return fig

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    late = is_late(flights)
    hours = sorted(set(flights.loc[late.index, "hour"]))
    groups = [late[flights["hour"] == hour] for hour in hours]
    return pd.DataFrame({
        "late_rate": [np.float64(g.mean()) for g in groups],
        "hour": pd.array(hours, dtype="Int64"),
        "flights": [float(g.size) for g in groups],
    }).sample(frac=1, random_state=0)

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    best, answer = -1, None
    for (y, m, d), rows in flights.groupby(["year", "month", "day"]):
        share = rows["dep_time"].isna().mean()
        if len(rows) >= min_flights and share > best:
            best, answer = share, (f"{y}-{m:02}-{d:02}", share)
    return answer

# %% task="questions.top_routes"
def top_routes(flights, k):
    counts = Counter(zip(flights["origin"], flights["dest"]))
    ordered = sorted(sorted(counts), key=counts.get, reverse=True)
    return [route + (np.int64(counts[route]),) for route in ordered][:k]

# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    counted = flights[flights["arr_delay"].notna()]
    everywhere = set(counted["origin"])
    keep = counted.groupby("carrier")["origin"].transform("nunique") == len(everywhere)
    counted = counted[keep]
    rates = defaultdict(float)
    for carrier, rows in counted.groupby("carrier"):
        for origin, here in rows.groupby("origin"):
            rates[origin] += len(rows) / len(counted) * is_late(here).mean()
    return rates

# %% task="findings"
def findings(tables):
    twice = anomalies(tables).query("table == 'flights' and reason == 'duplicate'")["row_id"]
    flights, _ = join_all(tables)
    flights = flights.reset_index(drop=True)
    flights = flights[~flights["row_id"].isin(twice)]
    late = is_late(flights)
    counted = flights.loc[late.index]
    gone = flights["dep_time"].isna()
    claims = [
        Claim.make("cancelled", Share.of(gone)),
        Claim.make("no_plane", Share.of(~flights["has_plane"].astype(bool))),
        Claim.make("late", Share.of(late)),
        Claim.make(
            "late_evening_minus_morning",
            Share.of(late[counted["hour"] > 16]), Share.of(late[counted["hour"] < 12]),
        ),
        Claim.make(
            "no_tailnum_cancelled_minus_flown",
            Share.of(flights.loc[gone, "tailnum"].isna()), Share.of(flights.loc[~gone, "tailnum"].isna()),
        ),
    ]
    return [asdict(claim) for claim in claims]
