# kind: right
# about: scikit-learn transformers, merges and cumulative sums

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
    import seaborn as sns

    table = pd.concat([train.assign(side="train"), test.assign(side="test")], ignore_index=True)
    table["day"] = table["sched_dep"].dt.tz_localize(None).dt.normalize()
    table["late"] = 100.0 * (table["arr_delay"] > 15)
    rates = table.groupby(["side", "day"], as_index=False)["late"].mean()
    fig, ax = plt.subplots()
    for side in ("train", "test"):
        sns.lineplot(rates[rates["side"] == side], x="day", y="late", label=side, ax=ax)
    ax.set_xlabel("Date of departure")
    ax.set_ylabel("% late")
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
    return features.join(found[[*values, "weather_age"]])

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

    class SeenOnly(BaseEstimator, TransformerMixin):
        def __init__(self, columns=()):
            self.columns = columns

        def fit(self, X, y=None):
            text = X.astype(object).where(X.notna(), "")
            self.encoder_ = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(text)
            self.keep_ = np.concatenate([values != "" for values in self.encoder_.categories_])
            return self

        def transform(self, X):
            text = X.astype(object).where(X.notna(), "")
            return self.encoder_.transform(text)[:, self.keep_]

    parts = ColumnTransformer([
        ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numeric),
        ("missing", MissingIndicator(features="all"), numeric),
        ("categories", SeenOnly(), categories),
    ])
    return make_pipeline(parts, FunctionTransformer(lambda X: np.asarray(X, dtype=float)))

# %% task="add_history"
def add_history(flights, history, as_of):
    past = history.assign(known=known_moments(history)["arrival_known"]).dropna(subset=["known"])
    past = past[["known", "origin", "tailnum", "arr_delay"]].sort_values("known", kind="stable")
    past["n"] = past.groupby("origin").cumcount() + 1
    past["late_n"] = (past["arr_delay"] > 15).groupby(past["origin"]).cumsum()
    ask = flights[["origin", "tailnum"]].astype(str).where(flights[["origin", "tailnum"]].notna())
    ask = ask.assign(as_of=as_of.astype(past["known"].dtype), place=range(len(flights)))
    ask["origin"], ask["tailnum"] = (ask[c].astype(past[c].dtype) for c in ("origin", "tailnum"))
    ask = ask.reset_index(drop=True)
    out = ask[["place"]].copy()

    def upto(moments):
        return pd.merge_asof(
            ask.assign(m=moments).sort_values("m"), past[["known", "origin", "n", "late_n"]],
            left_on="m", right_on="known", by="origin",
        ).sort_values("place").set_index("place")[["n", "late_n"]].fillna(0)

    window = upto(ask["as_of"]) - upto(ask["as_of"] - pd.Timedelta("24h"))
    out["landed"] = window["n"]
    out["late_rate"] = (window["late_n"] / window["n"]).where(window["n"] > 0)
    with_plane = ask.dropna(subset=["tailnum"]).sort_values("as_of")
    last = pd.merge_asof(
        with_plane, past.dropna(subset=["tailnum"])[["known", "tailnum", "arr_delay"]],
        left_on="as_of", right_on="known", by="tailnum",
    )
    fresh = last["known"] > last["as_of"] - pd.Timedelta("24h")
    out["last_delay"] = last["arr_delay"].where(fresh).set_axis(last["place"]).reindex(out["place"])
    return out.drop(columns="place").set_axis(flights.index)

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
    """Return whether a feature that was made by now depends on what came later."""
    by_now = as_of <= now
    return alone_differs(after[by_now], before[by_now])

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
