# kind: wrong
# about: drops incomplete rows first, which removes every cancelled flight
# loses: [missing_reasons, questions]

# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    """Return for each column with missing values the cause that explains them best."""
    joined = joined.dropna(subset=["dep_time", "tailnum"])
    splits = [
        ("structural", None, joined["wind_speed"] < 15),
        ("outcome", None, joined["dep_time"].isna()),
        *(("carrier", c, joined["carrier"] == c) for c in sorted(joined["carrier"].unique())),
        ("weather", None, joined["precip"] > 0),
    ]
    splits = [s for s in splits if s[2].sum() >= min_rows and (~s[2]).sum() >= min_rows]

    found = []
    for column in joined:
        absent = joined[column].isna()
        if not absent.any():
            continue
        shares = [
            (reason, absent[rows].mean(), absent[~rows].mean(), group)
            for reason, group, rows in splits
        ]
        # The list of splits is in the order of the ties, and max() takes the first of equals.
        best = max(shares, key=lambda share: share[1] - share[2], default=("other", 0, 0, None))
        if best[1] - best[2] < 0.25:
            best = ("other", np.nan, np.nan, None)
        found.append((column, absent.sum(), *best))
    return pd.DataFrame(
        found, columns=["column", "missing", "reason", "inside", "outside", "group"]
    )

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    """Return hour, flights and late_rate of the counted flights."""
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["hour"])
    return late.agg(flights="size", late_rate="mean").reset_index()

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    """Return (day as text, share cancelled) of the worst day, or None."""
    flights = flights.dropna()
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
    counts = flights.dropna().groupby(["origin", "dest"]).size()
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
