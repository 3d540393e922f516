# kind: wrong
# about: finds duplicates by carrier, number, day and route, so a second leg is one
# loses: [anomalies]

# %% task="anomalies"
def anomalies(tables):
    """Return one row (table, row_id, reason) for each fault in flights and weather."""
    found = []

    def report(table, reason, rows):
        found.append(pd.DataFrame({"table": table, "row_id": rows["row_id"], "reason": reason}))

    def without_duplicates(table):
        rows = tables[table].sort_values("row_id")
        identity = ["year", "month", "day", "carrier", "flight", "origin", "dest", "time_hour"]
        identity = [column for column in identity if column in rows and column != "time_hour"]
        again = rows.duplicated(identity if table == "flights" else ["origin", "time_hour"])
        report(table, "duplicate", rows[again])
        return rows[~again]

    flights = without_duplicates("flights")
    bad_clock, bad_delay = False, False
    for end in ("dep", "arr"):
        actual, planned = flights[f"{end}_time"], flights[f"sched_{end}_time"]
        valid = (actual.between(0, 2359) & (actual % 100 < 60)) | (actual == 2400)
        minutes = (actual // 100 - planned // 100) * 60 + actual % 100 - planned % 100
        off = (minutes - flights[f"{end}_delay"]) % 1440
        bad_clock |= actual.notna() & ~valid
        bad_delay |= valid & off.notna() & (off != 0)
    report("flights", "clock", flights[bad_clock])
    report("flights", "delay", flights[bad_delay])
    too_fast = flights["distance"] * 60 > 780 * flights["air_time"]
    report("flights", "speed", flights[(flights["air_time"] <= 0) | too_fast])

    weather = without_duplicates("weather")
    limits = {
        "temp": (-60, 130), "humid": (0, 100), "wind_speed": (0, 200), "wind_gust": (0, 255),
        "precip": (0, 12), "pressure": (870, 1085), "visib": (0, 100),
    }  # fmt: skip
    outside = False
    for column, (low, high) in limits.items():
        outside |= (weather[column] < low) | (weather[column] > high)
    report("weather", "limits", weather[outside])

    readings = weather[["row_id", "origin", "time_hour", "temp"]]
    around = readings
    for name, hours in (("before", 1), ("after", -1)):
        moved = readings.drop(columns="row_id").rename(columns={"temp": name})
        moved["time_hour"] = moved["time_hour"] + pd.Timedelta(hours=hours)
        around = around.merge(moved, on=["origin", "time_hour"])
    above, below = around["temp"] - around["before"], around["temp"] - around["after"]
    spike = ((above > 25) & (below > 25)) | ((above < -25) & (below < -25))
    report("weather", "spike", around[spike])
    return pd.concat(found, ignore_index=True)
