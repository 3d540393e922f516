# kind: right
# about: plain Python, rows as dicts and loops instead of vectorised pandas

# %%
import datetime
import math


def absent(value):
    return value is None or value is pd.NaT or value is pd.NA or (
        isinstance(value, float) and math.isnan(value)
    )


def records(frame):
    return frame.to_dict("records")


def to_minutes(hhmm):
    return int(hhmm) // 100 * 60 + int(hhmm) % 100


# %% task="profile"
def profile(tables, keys):
    out = {}
    for name in tables:
        frame = tables[name]
        missing, kinds = {}, {}
        for column in frame.columns:
            present = [v for v in frame[column].tolist() if not absent(v)]
            missing[column] = len(frame) - len(present)
            dtype = str(frame[column].dtype)
            if dtype in ("bool", "boolean"):
                kinds[column] = "bool"
            elif dtype.startswith("datetime64"):
                kinds[column] = "time"
            elif dtype.lower().startswith(("int", "uint", "float")):
                whole = all(float(v) == int(v) for v in present)
                kinds[column] = "integer" if whole else "decimal"
            else:
                kinds[column] = "text"
        seen, incomplete = {}, 0
        for row in frame[keys[name]].itertuples(index=False, name=None):
            if any(absent(v) for v in row):
                incomplete += 1
            else:
                seen[row] = seen.get(row, 0) + 1
        out[name] = {
            "rows": frame.shape[0],
            "missing": missing,
            "key_missing": incomplete,
            "key_repeated": sum(n for n in seen.values() if n >= 2),
            "kinds": kinds,
        }
    return out


# %% task="join_all"
def join_all(tables):
    planes = {p["tailnum"]: p for p in records(tables["planes"]) if not absent(p["tailnum"])}
    weather = {(w["origin"], w["time_hour"]): w for w in records(tables["weather"])}
    airports = {a["faa"]: a for a in records(tables["airports"])}
    measured = ["temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    rows, counts = [], {}

    def count(lookup, group, no_key, found):
        entry = counts.setdefault((lookup, group), [0, 0, 0])
        entry[0] += 1
        if no_key:
            entry[1] += 1
        elif not found:
            entry[2] += 1

    for flight in records(tables["flights"]):
        row = dict(flight)
        plane = None if absent(flight["tailnum"]) else planes.get(flight["tailnum"])
        for new in ("year", "manufacturer", "seats"):
            row["plane_" + new] = plane[new] if plane else None
        row["has_plane"] = plane is not None
        reading = weather.get((flight["origin"], flight["time_hour"]))
        for column in measured:
            row[column] = reading[column] if reading else None
        row["has_weather"] = reading is not None
        airport = airports.get(flight["dest"])
        for new in ("name", "lat", "lon"):
            row["dest_" + new] = airport[new] if airport else None
        row["has_dest"] = airport is not None
        count("planes", flight["carrier"], absent(flight["tailnum"]), plane)
        count("weather", flight["origin"], False, reading)
        count("airports", flight["dest"], False, airport)
        rows.append(row)
    columns = [
        *tables["flights"].columns, "plane_year", "plane_manufacturer", "plane_seats", "has_plane",
        *measured, "has_weather", "dest_name", "dest_lat", "dest_lon", "has_dest",
    ]
    report = [(*pair, *entry) for pair, entry in counts.items()]
    return (
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(report, columns=["lookup", "group", "flights", "no_key", "not_found"]),
    )


# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    rows = records(joined)
    tests = [("structural", None, lambda r: r["wind_speed"] < 15)]
    tests.append(("outcome", None, lambda r: absent(r["dep_time"])))
    for code in sorted({r["carrier"] for r in rows}):
        tests.append(("carrier", code, lambda r, code=code: r["carrier"] == code))
    tests.append(("weather", None, lambda r: r["precip"] > 0))
    sides = [(reason, code, [bool(test(r)) for r in rows]) for reason, code, test in tests]
    result = []
    for column in joined.columns:
        gaps = [absent(v) for v in joined[column].tolist()]
        if not any(gaps):
            continue
        line = [column, sum(gaps), "other", None, None, None]
        top = None
        for reason, code, side in sides:
            n_in = sum(side)
            n_out = len(side) - n_in
            if n_in < min_rows or n_out < min_rows:
                continue
            inside = sum(g for g, s in zip(gaps, side) if s) / n_in
            outside = sum(g for g, s in zip(gaps, side) if not s) / n_out
            if inside - outside < 0.25:
                continue
            if top is None or inside - outside > top:
                top = inside - outside
                line = [column, sum(gaps), reason, inside, outside, code]
        result.append(line)
    return pd.DataFrame(
        result, columns=["column", "missing", "reason", "inside", "outside", "group"]
    )


# %% task="anomalies"
def anomalies(tables):
    found = []

    def first_entries(name):
        seen, kept = set(), []
        for row in sorted(records(tables[name]), key=lambda r: r["row_id"]):
            same = tuple("missing" if absent(v) else v for c, v in row.items() if c != "row_id")
            if same in seen:
                found.append((name, row["row_id"], "duplicate"))
            else:
                seen.add(same)
                kept.append(row)
        return kept

    def is_clock(value):
        return value == 2400 or (0 <= value and value // 100 <= 23 and value % 100 <= 59)

    for row in first_entries("flights"):
        wrong = set()
        for end in ("dep", "arr"):
            clock = row[end + "_time"]
            if absent(clock):
                continue
            if not is_clock(clock):
                wrong.add("clock")
            elif not absent(row[end + "_delay"]):
                late = to_minutes(clock) - to_minutes(row["sched_" + end + "_time"])
                if (late - int(row[end + "_delay"])) % (24 * 60):
                    wrong.add("delay")
        air = row["air_time"]
        if not absent(air) and (air <= 0 or row["distance"] / (air / 60) > 780):
            wrong.add("speed")
        found += [("flights", row["row_id"], reason) for reason in sorted(wrong)]

    limits = {
        "temp": (-60, 130), "humid": (0, 100), "wind_speed": (0, 200), "wind_gust": (0, 255),
        "precip": (0, 12), "pressure": (870, 1085), "visib": (0, 100),
    }
    readings = first_entries("weather")
    temps = {(r["origin"], r["time_hour"]): r["temp"] for r in readings}
    hour = datetime.timedelta(hours=1)
    for row in readings:
        if any(not absent(row[c]) and not low <= row[c] <= high for c, (low, high) in limits.items()):
            found.append(("weather", row["row_id"], "limits"))
        before = temps.get((row["origin"], row["time_hour"] - hour))
        after = temps.get((row["origin"], row["time_hour"] + hour))
        if absent(before) or absent(after) or absent(row["temp"]):
            continue
        up, down = row["temp"] - max(before, after), min(before, after) - row["temp"]
        if up > 25 or down > 25:
            found.append(("weather", row["row_id"], "spike"))
    return pd.DataFrame(found, columns=["table", "row_id", "reason"])


# %% task="questions.late_chart"
def late_chart(flights):
    flown, late = {}, {}
    for row in records(flights):
        if not absent(row["arr_delay"]):
            flown[row["carrier"]] = flown.get(row["carrier"], 0) + 1
            late[row["carrier"]] = late.get(row["carrier"], 0) + (row["arr_delay"] > 15)
    busiest = sorted(flown, key=lambda carrier: (-flown[carrier], carrier))[:8]
    busiest.sort(key=lambda carrier: (-late[carrier] / flown[carrier], carrier))
    figure = plt.figure(figsize=(6, 4))
    axes = figure.add_subplot()
    for place, carrier in enumerate(busiest):
        axes.bar(place, 100 * late[carrier] / flown[carrier], color="grey")
    axes.set_xticks(range(len(busiest)), busiest)
    axes.set_xlabel("Carrier")
    axes.set_ylabel("Flights that were late (%)")
    axes.set_title("Who is late?")
    return figure

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    hours = {}
    for row in records(flights):
        if not absent(row["arr_delay"]):
            hours.setdefault(row["hour"], []).append(row["arr_delay"] > 15)
    lines = [(hour, len(late), sum(late) / len(late)) for hour, late in hours.items()]
    return pd.DataFrame(lines, columns=["hour", "flights", "late_rate"])

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    days = {}
    for row in records(flights):
        day = datetime.date(row["year"], row["month"], row["day"])
        days.setdefault(day, []).append(absent(row["dep_time"]))
    best = None
    for day in sorted(days):
        share = sum(days[day]) / len(days[day])
        if len(days[day]) >= min_flights and (best is None or share > best[1]):
            best = (day.isoformat(), share)
    return best

# %% task="questions.top_routes"
def top_routes(flights, k):
    counts = {}
    for row in records(flights):
        route = (row["origin"], row["dest"])
        counts[route] = counts.get(route, 0) + 1
    order = sorted(counts, key=lambda route: (-counts[route], route))
    return [(a, b, counts[a, b]) for a, b in order[:k]]

# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    cells = {}
    for row in records(flights):
        if not absent(row["arr_delay"]):
            cells.setdefault((row["carrier"], row["origin"]), []).append(row["arr_delay"] > 15)
    origins = {origin for _, origin in cells}
    common = [c for c in {c for c, _ in cells} if all((c, o) in cells for o in origins)]
    if not common:
        return {}
    size = {c: sum(len(cells[c, o]) for o in origins) for c in common}
    everything = sum(size.values())
    return {
        o: sum(size[c] / everything * sum(cells[c, o]) / len(cells[c, o]) for c in common)
        for o in origins
    }

# %% task="findings"
def findings(tables):
    seen, flights = set(), []
    for row in records(tables["flights"]):
        same = tuple("missing" if absent(v) else v for c, v in row.items() if c != "row_id")
        if same not in seen:
            seen.add(same)
            flights.append(row)
    tails = {p["tailnum"] for p in records(tables["planes"]) if not absent(p["tailnum"])}
    counted = [f for f in flights if not absent(f["arr_delay"])]
    late = lambda f: f["arr_delay"] > 15  # noqa: E731

    def share(rows, test):
        return sum(test(f) for f in rows) / len(rows), len(rows)

    def entry(claim, *sides):
        value = sides[0][0] - (sides[1][0] if len(sides) == 2 else 0)
        half = 1.96 * math.sqrt(sum(p * (1 - p) / n for p, n in sides))
        return {
            "claim": claim, "value": value, "low": value - half, "high": value + half,
            "rows": sum(n for _, n in sides),
        }

    gone = [f for f in flights if absent(f["dep_time"])]
    flown = [f for f in flights if not absent(f["dep_time"])]
    no_tail = lambda f: absent(f["tailnum"])  # noqa: E731
    return [
        entry("no_tailnum_cancelled_minus_flown", share(gone, no_tail), share(flown, no_tail)),
        entry("late_evening_minus_morning",
              share([f for f in counted if f["hour"] >= 17], late),
              share([f for f in counted if f["hour"] <= 11], late)),
        entry("no_plane", share(flights, lambda f: absent(f["tailnum"]) or f["tailnum"] not in tails)),
        entry("late", share(counted, late)),
        entry("cancelled", share(flights, lambda f: absent(f["dep_time"]))),
    ]
