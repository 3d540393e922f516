# kind: right
# about: one pass in order of time, and a merge of all readings

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
    """Return departure_known and arrival_known of each flight, in UTC."""
    return pd.DataFrame({
        f"{end}_known": flights[f"sched_{end[:3]}"]
        + pd.to_timedelta(flights[f"{end[:3]}_delay"], unit="min")
        for end in ("departure", "arrival")
    })  # fmt: skip

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    labelled = flights[flights["arr_delay"].notna()]
    start = cutoff - pd.Timedelta(days=gap_days)
    return labelled[labelled["sched_dep"] < start], labelled[labelled["sched_dep"] >= cutoff]

# %% task="time_split.chart"
def plot_split(train, test):
    """Return a figure with the daily late rate (%) of both tables."""
    fig, ax = plt.subplots()
    for name, table in (("train", train), ("test", test)):
        table = table.assign(late=table["arr_delay"].gt(15) * 100.0, day=table["sched_dep"].dt.date)
        table.groupby("day")["late"].mean().plot(ax=ax, label=name, style=".-")
    ax.set(xlabel="date (UTC)", ylabel="late flights (%)")
    ax.legend()
    return fig

# %% task="build_features"
def build_features(flights, weather, as_of):
    values = ["temp", "wind_speed", "precip", "visib", "pressure"]
    rows = flights[["origin", "carrier", "sched_dep", "sched_arr"]].copy()
    local = rows["sched_dep"].dt.tz_convert("America/New_York")
    rows["hour"], rows["weekday"] = local.dt.hour, local.dt.day_of_week
    rows["planned_minutes"] = (rows["sched_arr"] - rows["sched_dep"]).dt.total_seconds() / 60
    rows["as_of"], rows["number"] = as_of, np.arange(len(rows))
    pairs = rows[["number", "origin", "as_of"]].merge(weather[["origin", "time", *values]], on="origin")
    age = (pairs["as_of"] - pairs["time"]).dt.total_seconds() / 60
    pairs = pairs.assign(weather_age=age)[(age >= 0) & (age <= 180)]
    best = pairs.sort_values("weather_age").drop_duplicates("number").set_index("number")
    best = best[[*values, "weather_age"]].reindex(rows["number"]).set_index(rows.index)
    return pd.concat([rows.drop(columns=["as_of", "number", "sched_dep", "sched_arr"]), best], axis=1)

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].median().fillna(0)
            self.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()

# %% task="add_history"
def add_history(flights, history, as_of):
    """Return landed, late_rate and last_delay of each flight as of its own moment."""
    day = pd.Timedelta(hours=24)
    known = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    past = history.assign(known=known, late=history["arr_delay"] > 15).dropna(subset="known")
    past = past.sort_values("known")
    out = pd.DataFrame({"landed": 0, "late": 0, "last_delay": np.nan}, flights.index)
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
    early = (as_of <= now).to_numpy()
    return not same_tables(before[early], after[early])

# %% task="leak_tests.alone_differs"
def same_tables(one, two):
    try:
        pd.testing.assert_frame_equal(
            one, two, check_like=True, check_dtype=False, rtol=0, atol=1e-9, check_index_type=False
        )
    except AssertionError:
        return False
    return True


def alone_differs(whole, alone):
    return not same_tables(whole.loc[alone.index], alone)
