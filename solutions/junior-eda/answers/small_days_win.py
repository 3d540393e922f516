# kind: wrong
# about: forgets that a day needs enough flights to be the worst
# loses: [questions]

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    """Return hour, flights and late_rate of the counted flights."""
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["hour"])
    return late.agg(flights="size", late_rate="mean").reset_index()

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    """Return (day as text, share cancelled) of the worst day, or None."""
    days = flights["dep_time"].isna().groupby([flights[c] for c in ("year", "month", "day")])
    days = days.agg(["size", "mean"])
    shares = days["mean"]
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
