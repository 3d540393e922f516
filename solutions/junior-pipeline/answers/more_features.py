# kind: right
# about: adds honest features of its own, and works in NumPy

# %% task="availability.facts"
def facts():
    """Return {fact: True, False or None}; all fourteen facts of the table."""
    known = ["hour", "planned_minutes", "temp_as_of", "departures_planned"]
    known += ["late_rate_yesterday", "landed_before"]
    unknown = ["dep_delay", "air_time", "no_tailnum", "temp_at_departure", "departures_flown"]
    unknown += ["late_rate_month", "scheduled_before", "cancelled_share"]
    return dict.fromkeys(known, True) | dict.fromkeys(unknown, False)

# %% task="availability.moments"
def known_moments(flights):
    dep = flights["sched_dep"] + flights["dep_delay"] * pd.Timedelta("1min")
    arr = flights["sched_arr"] + flights["arr_delay"] * pd.Timedelta("1min")
    return pd.concat({"departure_known": dep, "arrival_known": arr}, axis="columns")

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    days = (cutoff - flights["sched_dep"]) / pd.Timedelta(days=1)
    side = np.select([flights["arr_delay"].isna(), days > gap_days, days <= 0], ["no", "train", "test"], "no")
    return tuple(flights[side == name] for name in ("train", "test"))

# %% task="time_split.chart"
def plot_split(train, test):
    """Return a figure with the daily late rate (%) of both tables."""
    fig, ax = plt.subplots()
    for name, table in (("train", train), ("test", test)):
        rate = (table["arr_delay"] > 15).groupby(table["sched_dep"].dt.floor("D")).mean()
        ax.plot(rate.index, 100 * rate, label=name)
    ax.set(xlabel="date (UTC)", ylabel="late flights (%)")
    ax.legend()
    return fig

# %% task="build_features"
def build_features(flights, weather, as_of):
    """Return the features of each flight as of its own moment."""
    local = flights["sched_dep"].dt.tz_convert("America/New_York")
    features = pd.DataFrame({
        "hour": local.dt.hour,
        "weekday": local.dt.day_of_week,
        "planned_minutes": (flights["sched_arr"] - flights["sched_dep"]) / pd.Timedelta(minutes=1),
        "carrier": flights["carrier"],
        "origin": flights["origin"],
    })  # fmt: skip
    moments = pd.DataFrame({"origin": flights["origin"], "as_of": as_of})
    moments["place"] = range(len(moments))
    values = ["temp", "wind_speed", "precip", "visib", "pressure"]
    found = pd.merge_asof(
        moments.sort_values("as_of"), weather[["origin", "time", *values]].sort_values("time"),
        left_on="as_of", right_on="time", by="origin", tolerance=pd.Timedelta(hours=3),
    ).sort_values("place")  # fmt: skip
    found["weather_age"] = (found["as_of"] - found["time"]) / pd.Timedelta(minutes=1)
    found.index = flights.index
    features["noise_free_hour"] = np.sin(2 * np.pi * local.dt.hour / 24)
    features["route"] = flights["origin"] + ">" + flights["dest"]
    features["distance"] = flights["distance"]
    found["windy"] = found["wind_speed"] > 20
    found["hours_ahead"] = (flights["sched_dep"] - as_of).to_numpy() / np.timedelta64(1, "h")
    return features.join(found[[*values, "weather_age", "windy", "hours_ahead"]])

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].quantile(0.5).fillna(0)
            self.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.hstack([np.asarray(b, float).reshape(len(X), -1) for b in blocks])

    return Preprocessor()

# %% task="add_history"
def add_history(flights, history, as_of):
    """Return landed, late_rate and last_delay of each flight as of its own moment."""
    day = pd.Timedelta(hours=24)
    known = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    past = history.assign(known=known, late=history["arr_delay"] > 15).dropna(subset="known")
    past = past.sort_values("known")
    out = pd.DataFrame({"landed": 0, "late": 0.0, "last_delay": np.nan}, flights.index)
    for origin, group in past.groupby("origin"):
        rows = flights["origin"] == origin
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        late = np.concatenate([[0], group["late"].cumsum()])
        out.loc[rows, "landed"] = upto[1] - upto[0]
        out.loc[rows, "late"] = late[upto[1]] - late[upto[0]]
    for tailnum, group in past.groupby("tailnum"):
        rows = flights["tailnum"] == tailnum
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        delays = group["arr_delay"].to_numpy()[upto[1] - 1]
        out.loc[rows, "last_delay"] = np.where(upto[1] > upto[0], delays, np.nan)
    return out.assign(late_rate=out["late"] / out["landed"])

# %% task="leak_tests.change_future"
def change_future(flights, weather, now):
    """Return (flights, weather) in which all that was unknown at now is another number."""
    departed, landed = (
        flights[f"sched_{end}"] + pd.to_timedelta(flights[f"{end}_delay"], unit="min")
        for end in ("dep", "arr")
    )

    def changed(table, columns, moments):
        later = moments > now  # what never happens is not later
        return table.assign(**{c: table[c].mask(later, table[c] + 50) for c in columns})

    flights = changed(flights, ["dep_delay"], departed)
    flights = changed(flights, ["arr_delay", "air_time"], landed)
    readings = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    return flights, changed(weather, readings, weather["time"])

# %% task="leak_tests.leaks"
def leaks(before, after, as_of, now):
    """Stop at the first column."""
    labels = as_of[~(as_of > now)].index
    return bool(alone_differs(before, after.loc[labels]))

# %% task="leak_tests.alone_differs"
def alone_differs(whole, alone):
    """Return whether a flight's features depend on which other flights are in the table."""
    if set(whole.columns) != set(alone.columns):
        return True
    whole = whole.loc[alone.index, alone.columns]
    for column in alone:
        a, b = whole[column], alone[column]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            equal = (a - b).abs() <= 1e-9
        else:
            equal = a == b
        if not (equal | (a.isna() & b.isna())).all():
            return True
    return False
