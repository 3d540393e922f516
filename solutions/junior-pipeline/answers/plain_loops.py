# kind: right
# about: loops over rows and dicts, with pandas only at the edges

# %% task="availability.facts"
def facts():
    answer = {}
    for name in "hour planned_minutes temp_as_of departures_planned late_rate_yesterday landed_before".split():
        answer[name] = np.bool_(True).item()
    for name in ("dep_delay air_time no_tailnum temp_at_departure departures_flown late_rate_month "
                 "scheduled_before cancelled_share").split():
        answer[name] = False
    return answer

# %% task="availability.moments"
def known_moments(flights):
    rows = []
    for f in flights.itertuples():
        row = []
        for planned, delay in ((f.sched_dep, f.dep_delay), (f.sched_arr, f.arr_delay)):
            row.append(pd.NaT if pd.isna(delay) else planned + pd.Timedelta(minutes=delay))
        rows.append(row)
    out = pd.DataFrame(rows, index=flights.index, columns=["departure_known", "arrival_known"])
    return out.apply(lambda column: pd.to_datetime(column, utc=True))

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    start = cutoff - gap_days * pd.Timedelta("24h")
    train = [not pd.isna(f.arr_delay) and f.sched_dep < start for f in flights.itertuples()]
    test = [not pd.isna(f.arr_delay) and f.sched_dep >= cutoff for f in flights.itertuples()]
    return flights.loc[np.array(train, bool)], flights.loc[np.array(test, bool)].iloc[::-1]

# %% task="time_split.chart"
def plot_split(train, test):
    fig = plt.figure()
    ax = fig.add_subplot(1, 1, 1)
    for table, label in [(train, "train"), (test, "test")]:
        days = {}
        for moment, delay in zip(table["sched_dep"], table["arr_delay"]):
            days.setdefault(moment.date(), []).append(delay > 15)
        dates = sorted(days)
        ax.plot(dates, [100 * sum(days[d]) / len(days[d]) for d in dates], "o-", label=label)
    ax.set_ylabel("share of flights that were late, %")
    ax.set_xlabel("Date")
    fig.legend() if False else ax.legend(title="rows")
    return fig

# %% task="build_features"
def build_features(flights, weather, as_of):
    import bisect

    values = ["temp", "wind_speed", "precip", "visib", "pressure"]
    readings = {}
    for r in weather.sort_values("time").to_dict("records"):
        readings.setdefault(r["origin"], []).append(r)
    times = {origin: [r["time"] for r in rows] for origin, rows in readings.items()}
    out = []
    for f, moment in zip(flights.to_dict("records"), as_of):
        local = f["sched_dep"].tz_convert("America/New_York")
        row = {"hour": local.hour, "weekday": local.weekday(), "carrier": f["carrier"],
               "origin": f["origin"],
               "planned_minutes": (f["sched_arr"] - f["sched_dep"]).total_seconds() / 60}
        row.update(dict.fromkeys([*values, "weather_age"], np.nan))
        place = bisect.bisect_right(times.get(f["origin"], []), moment)
        if place:
            reading = readings[f["origin"]][place - 1]
            age = (moment - reading["time"]).total_seconds() / 60
            if age <= 180:
                row.update({name: reading[name] for name in values}, weather_age=age)
        out.append(row)
    columns = ["hour", "weekday", "planned_minutes", "carrier", "origin", *values, "weather_age"]
    return pd.DataFrame(out, index=flights.index, columns=columns)

# %% task="make_preprocessor"
class Table:
    def __init__(self, numeric, categories):
        self.numeric, self.categories = numeric, categories

    def fit(self, X):
        self.fill, self.values = {}, {}
        for column in self.numeric:
            present = [v for v in X[column].tolist() if not pd.isna(v)]
            self.fill[column] = float(np.median(present)) if present else 0.0
        for column in self.categories:
            self.values[column] = sorted({v for v in X[column].tolist() if not pd.isna(v)})
        return self

    def transform(self, X):
        rows = []
        for row in X.to_dict("records"):
            gaps = [bool(pd.isna(row[c])) for c in self.numeric]
            line = [self.fill[c] if gap else row[c] for c, gap in zip(self.numeric, gaps)] + gaps
            for c in self.categories:
                line += [bool(not pd.isna(row[c]) and row[c] == v) for v in self.values[c]]
            rows.append(line)
        return np.array(rows, dtype=float)


def make_preprocessor(numeric, categories):
    return Table(list(numeric), list(categories))

# %% task="add_history"
def add_history(flights, history, as_of):
    landings = []
    for h in history.to_dict("records"):
        if not pd.isna(h["arr_delay"]):
            landings.append((h["sched_arr"] + pd.Timedelta(minutes=h["arr_delay"]), h))
    landings.sort(key=lambda pair: pair[0])
    times = np.array([m.value for m, _ in landings], dtype="int64")
    out = []
    for origin, tailnum, now in zip(flights["origin"], flights["tailnum"], as_of):
        a = times.searchsorted((now - pd.Timedelta(days=1)).as_unit("us").value, "right")
        b = times.searchsorted(now.as_unit("us").value, "right")
        rows = [h for _, h in landings[a:b]]
        here = [h["arr_delay"] > 15 for h in rows if h["origin"] == origin]
        mine = [] if pd.isna(tailnum) else [h["arr_delay"] for h in rows if h["tailnum"] == tailnum]
        out.append((len(here), np.mean(here) if here else None, mine[-1] if mine else None))
    out = pd.DataFrame(out, flights.index, ["landed", "late_rate", "last_delay"])
    return out.astype(float)

# %% task="leak_tests.change_future"
def change_future(flights, weather, now):
    new = flights.copy(deep=True)
    for label, f in flights.iterrows():
        if not pd.isna(f["dep_delay"]) and f["sched_dep"] + pd.Timedelta(minutes=f["dep_delay"]) > now:
            new.loc[label, "dep_delay"] = -f["dep_delay"] - 1
        if not pd.isna(f["arr_delay"]) and f["sched_arr"] + pd.Timedelta(minutes=f["arr_delay"]) > now:
            new.loc[label, "arr_delay"] = -f["arr_delay"] - 0.25
            new.loc[label, "air_time"] = f["air_time"] * 2 + 1
    after = weather["time"] > now
    readings = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    weather = weather.copy()
    weather[readings] = weather[readings].astype(float)
    weather.loc[after, readings] = 1000 - weather.loc[after, readings]
    return new, weather

# %% task="leak_tests.leaks"
def leaks(before, after, as_of, now):
    rows = [label for label, moment in as_of.items() if moment <= now]
    return differ(before.loc[rows], after.loc[rows])

# %% task="leak_tests.alone_differs"
def differ(one, two):
    if sorted(one.columns) != sorted(two.columns):
        return True
    for label in two.index:
        for column in two.columns:
            a, b = one.at[label, column], two.at[label, column]
            if pd.isna(a) or pd.isna(b):
                if not (pd.isna(a) and pd.isna(b)):
                    return True
            elif isinstance(a, str) or isinstance(b, str):
                if a != b:
                    return True
            elif abs(a - b) > 1e-9:
                return True
    return False


def alone_differs(whole, alone):
    return differ(whole, alone)
