# kind: wrong
# about: joins readings by time alone, so an origin gets the weather of another
# loses: [build_features]

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
        moments.sort_values("as_of"), weather[["time", *values]].sort_values("time"),
        left_on="as_of", right_on="time", tolerance=pd.Timedelta(hours=3),
    ).sort_values("place")  # fmt: skip
    found["weather_age"] = (found["as_of"] - found["time"]) / pd.Timedelta(minutes=1)
    found.index = flights.index
    return features.join(found[[*values, "weather_age"]])
