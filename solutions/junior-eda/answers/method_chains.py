# kind: right
# about: long method chains, maps instead of merges, melts and groupby

# %% task="profile"
def profile(tables, keys):
    def kinds(frame):
        whole = lambda s: s.dropna().mod(1).eq(0).all()  # noqa: E731
        return {
            **dict.fromkeys(frame.columns, "text"),
            **{c: "integer" if whole(frame[c]) else "decimal" for c in frame.select_dtypes("number")},
            **dict.fromkeys(frame.select_dtypes(["bool", "boolean"]).columns, "bool"),
            **dict.fromkeys(frame.select_dtypes(["datetime", "datetimetz"]).columns, "time"),
        }

    return {
        name: {
            "rows": frame.index.size,
            "missing": frame.isnull().sum().to_dict(),
            "key_missing": frame[keys[name]].isnull().any(axis=1).sum(),
            "key_repeated": frame.dropna(subset=keys[name])
            .groupby(keys[name]).size().loc[lambda n: n > 1].sum(),
            "kinds": kinds(frame),
        }
        for name, frame in tables.items()
    }


# %% task="join_all"
def join_all(tables):
    by_tail = (
        tables["planes"].dropna(subset=["tailnum"]).drop_duplicates("tailnum").set_index("tailnum")
    )
    by_code = tables["airports"].drop_duplicates("faa").set_index("faa")
    readings = (
        tables["weather"].drop(columns="row_id")
        .filter(["origin", "time_hour", "temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"])
        .drop_duplicates()
        .assign(has_weather=1)
    )
    joined = (
        tables["flights"]
        .assign(
            plane_year=lambda f: f["tailnum"].map(by_tail["year"]),
            plane_manufacturer=lambda f: f["tailnum"].map(by_tail["manufacturer"]),
            plane_seats=lambda f: f["tailnum"].map(by_tail["seats"]),
            has_plane=lambda f: f["tailnum"].isin(by_tail.index),
            dest_name=lambda f: f["dest"].map(by_code["name"]),
            dest_lat=lambda f: f["dest"].map(by_code["lat"]),
            dest_lon=lambda f: f["dest"].map(by_code["lon"]),
            has_dest=lambda f: f["dest"].isin(by_code.index),
        )
        .merge(readings, how="left", on=["origin", "time_hour"])
        .assign(has_weather=lambda f: f["has_weather"].eq(1))
    )
    counts = lambda lookup, group, flag, no_key: (  # noqa: E731
        joined.assign(no_key=no_key, not_found=~joined[flag] & ~no_key, flights=1, lookup=lookup)
        .groupby(["lookup", group])[["flights", "no_key", "not_found"]].sum()
        .rename_axis(["lookup", "group"]).reset_index()
    )
    never = joined["row_id"].isna()
    report = pd.concat([
        counts("planes", "carrier", "has_plane", joined["tailnum"].isna()),
        counts("weather", "origin", "has_weather", never),
        counts("airports", "dest", "has_dest", never),
    ])
    return joined, report


# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    splits = pd.concat(
        {
            ("structural", ""): joined["wind_speed"].lt(15),
            ("outcome", ""): joined["dep_time"].isnull(),
            **{("carrier", c): joined["carrier"].eq(c) for c in joined["carrier"].drop_duplicates().sort_values()},
            ("weather", ""): joined["precip"].gt(0),
        },
        axis=1,
    )
    splits = splits.loc[:, splits.sum().ge(min_rows) & (~splits).sum().ge(min_rows)]
    absent = joined.isnull().loc[:, lambda f: f.any()]

    def line(column):
        head = {"column": column.name, "missing": column.sum()}
        tail = {"reason": "other", "inside": np.nan, "outside": np.nan, "group": pd.NA}
        if splits.shape[1]:
            inside = pd.Series([column[splits.iloc[:, i]].mean() for i in range(splits.shape[1])])
            outside = pd.Series([column[~splits.iloc[:, i]].mean() for i in range(splits.shape[1])])
            i = (inside - outside).argmax()
            if inside[i] - outside[i] >= 0.25:
                reason, group = splits.columns[i]
                tail = {"reason": reason, "inside": inside[i], "outside": outside[i], "group": group or pd.NA}
        return head | tail

    return pd.DataFrame(
        [line(absent[c]) for c in absent],
        columns=["group", "outside", "inside", "reason", "missing", "column"],
    )


# %% task="anomalies"
def anomalies(tables):
    def split(name):
        frame = tables[name].sort_values("row_id", ascending=True).reset_index(drop=True)
        twice = frame.drop(columns=["row_id"]).duplicated(keep="first")
        return frame[~twice], frame.loc[twice, ["row_id"]].assign(table=name, reason="duplicate")

    flights, flight_twins = split("flights")
    weather, weather_twins = split("weather")

    minute = lambda clock: clock.floordiv(100).mul(60).add(clock.mod(100))  # noqa: E731
    valid = lambda clock: clock.isin([h * 100 + m for h in range(24) for m in range(60)] + [2400])  # noqa: E731
    wrong = lambda end: (  # noqa: E731
        minute(flights[f"{end}_time"]).sub(minute(flights[f"sched_{end}_time"]))
        .sub(flights[f"{end}_delay"]).mod(1440).fillna(0).ne(0) & valid(flights[f"{end}_time"])
    )
    invalid = lambda end: flights[f"{end}_time"].notna() & ~valid(flights[f"{end}_time"])  # noqa: E731
    hours = flights["air_time"] / 60
    speed = flights["air_time"].le(0) | (flights["distance"] / hours.where(hours > 0)).gt(780)

    bounds = pd.DataFrame(
        {"temp": [-60, 130], "humid": [0, 100], "wind_speed": [0, 200], "wind_gust": [0, 255],
         "precip": [0, 12], "pressure": [870, 1085], "visib": [0, 100]},
        index=["low", "high"],
    )
    measured = weather[bounds.columns]
    outside = (measured.lt(bounds.loc["low"]) | measured.gt(bounds.loc["high"])).any(axis=1)

    temp = weather.set_index(["origin", "time_hour"])["temp"]
    neighbour = lambda hours: temp.reindex(  # noqa: E731
        pd.MultiIndex.from_arrays([weather["origin"], weather["time_hour"] + pd.Timedelta(hours, "h")])
    ).to_numpy()
    above = pd.DataFrame({h: weather["temp"] - neighbour(h) for h in (-1, 1)})
    spike = above.gt(25).all(axis=1) | above.lt(-25).all(axis=1)

    pick = lambda frame, rows, table, reason: (  # noqa: E731
        frame.loc[rows, ["row_id"]].assign(table=table, reason=reason)
    )
    return pd.concat([
        flight_twins,
        weather_twins,
        pick(flights, invalid("dep") | invalid("arr"), "flights", "clock"),
        pick(flights, wrong("dep") | wrong("arr"), "flights", "delay"),
        pick(flights, speed, "flights", "speed"),
        pick(weather, outside, "weather", "limits"),
        pick(weather, spike, "weather", "spike"),
    ])


# %% task="questions.late_chart"
def late_chart(flights):
    rates = (
        flights.dropna(subset=["arr_delay"])
        .assign(late=lambda f: f["arr_delay"].gt(15))
        .groupby("carrier", as_index=False)["late"].agg(["size", "mean"])
        .sort_values(["size", "carrier"], ascending=[False, True])
        .head(8)
        .sort_values(["mean", "carrier"], ascending=[False, True])
        .set_index("carrier")["mean"]
        .mul(100)
    )
    ax = rates.plot.bar(title="Late flights", ylabel="% late", xlabel="carrier", ax=plt.subplots()[1])
    return ax.figure

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    return (
        flights[flights["arr_delay"].notna()]
        .assign(late=lambda f: f["arr_delay"].gt(15))
        .groupby("hour", as_index=False)
        .agg(flights=("late", "count"), late_rate=("late", "mean"))
    )

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    days = (
        flights.assign(
            day=flights["year"].astype(str)
            + "-" + flights["month"].astype(str).str.zfill(2)
            + "-" + flights["day"].astype(str).str.zfill(2),
            gone=flights["dep_time"].isna(),
        )
        .groupby("day")["gone"].agg(["count", "mean"])
        .query("count >= @min_flights")
        .reset_index()
        .sort_values(["mean", "day"], ascending=[False, True])
    )
    return None if days.empty else (days["day"].iloc[0], days["mean"].iloc[0])

# %% task="questions.top_routes"
def top_routes(flights, k):
    table = (
        flights.groupby(["origin", "dest"], as_index=False).size()
        .sort_values(["size", "origin", "dest"], ascending=[False, True, True])
        .head(k)
    )
    return list(table.itertuples(index=False, name=None))

# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    cells = (
        flights.dropna(subset=["arr_delay"])
        .assign(late=lambda f: f["arr_delay"] > 15)
        .pivot_table(index="carrier", columns="origin", values="late", aggfunc=["sum", "count"])
        .dropna()
    )
    if len(cells) == 0:
        return {}
    rate = cells["sum"] / cells["count"]
    weight = cells["count"].sum(axis=1) / cells["count"].to_numpy().sum()
    return rate.T.dot(weight).to_dict()

# %% task="findings"
def findings(tables):
    flights = tables["flights"].drop_duplicates(
        subset=[c for c in tables["flights"].columns if c != "row_id"]
    )
    counted = flights.dropna(subset=["arr_delay"]).assign(late=lambda f: f["arr_delay"].gt(15))
    flights = flights.assign(
        cancelled=flights["dep_time"].isna(),
        no_tail=flights["tailnum"].isna(),
        no_plane=flights["tailnum"].isna() | ~flights["tailnum"].isin(tables["planes"]["tailnum"]),
    )

    def share(name, values):
        p, n = values.mean(), values.size
        half = 1.96 * np.sqrt(p * (1 - p) / n)
        return dict(claim=name, value=p, low=p - half, high=p + half, rows=n)

    def difference(name, a, b):
        half = 1.96 * np.sqrt(a.mean() * (1 - a.mean()) / a.size + b.mean() * (1 - b.mean()) / b.size)
        d = a.mean() - b.mean()
        return dict(claim=name, value=d, low=d - half, high=d + half, rows=a.size + b.size)

    return [
        share("late", counted["late"]),
        share("no_plane", flights["no_plane"]),
        difference("late_evening_minus_morning",
                   counted.query("hour >= 17")["late"], counted.query("hour <= 11")["late"]),
        share("cancelled", flights["cancelled"]),
        difference("no_tailnum_cancelled_minus_flown",
                   flights.loc[flights["cancelled"], "no_tail"],
                   flights.loc[~flights["cancelled"], "no_tail"]),
    ]
