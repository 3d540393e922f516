# kind: wrong
# about: keeps flights without an arrival delay in the late rate, where they look on time
# loses: [questions, findings]

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    """Return hour, flights and late_rate of the counted flights."""
    counted = flights
    late = (counted["arr_delay"] > 15).groupby(counted["hour"])
    return late.agg(flights="size", late_rate="mean").reset_index()

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    """Return (day as text, share cancelled) of the worst day, or None."""
    days = flights["dep_time"].isna().groupby([flights[c] for c in ("year", "month", "day")])
    days = days.agg(["size", "mean"])
    shares = days.loc[days["size"] >= min_flights, "mean"]
    if shares.empty:
        return None
    year, month, day = shares.idxmax()  # the first of equals, and groupby sorts by day
    return f"{year:04d}-{month:02d}-{day:02d}", shares.max()

# %% task="questions.top_routes"
def top_routes(flights, k):
    """Return the k busiest routes as (origin, dest, flights)."""
    counts = flights.groupby(["origin", "dest"]).size()
    return sorted(((*route, n) for route, n in counts.items()), key=lambda r: (-r[2], r[:2]))[:k]

# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    """Return {origin: late rate adjusted for the mix of carriers}."""
    counted = flights.dropna(subset="arr_delay")
    rates = (counted["arr_delay"] > 15).groupby([counted["carrier"], counted["origin"]]).mean()
    rates = rates.unstack().dropna()
    if rates.empty:
        return {}
    weights = counted["carrier"].value_counts().reindex(rates.index)
    return rates.mul(weights / weights.sum(), axis=0).sum().to_dict()

# %% task="findings"
def findings(tables):
    """Return five claims as dicts: claim, value, low, high, rows."""
    flights = tables["flights"]
    flights = flights[~flights.duplicated(flights.columns.difference(["row_id"]))]
    late = flights["arr_delay"] > 15
    cancelled = flights["dep_time"].isna()
    no_tailnum = flights["tailnum"].isna()
    hour = flights["hour"][late.index]

    def claim(name, plus, minus=None):
        sides = [plus] if minus is None else [plus, minus]
        p, n = [side.mean() for side in sides], [len(side) for side in sides]
        value = p[0] - sum(p[1:])
        se = sum(q * (1 - q) / m for q, m in zip(p, n, strict=True)) ** 0.5
        return {
            "claim": name, "value": value, "low": value - 1.96 * se, "high": value + 1.96 * se,
            "rows": sum(n),
        }  # fmt: skip

    known = tables["planes"]["tailnum"].dropna()
    return [
        claim("cancelled", cancelled),
        claim("late", late),
        claim("no_plane", ~flights["tailnum"].isin(known)),
        claim("late_evening_minus_morning", late[hour >= 17], late[hour <= 11]),
        claim("no_tailnum_cancelled_minus_flown", no_tailnum[cancelled], no_tailnum[~cancelled]),
    ]
