# kind: wrong
# about: joins planes for a claim without looking for planes that were entered twice
# loses: [findings]

# %% task="findings"
def findings(tables):
    """Return five claims as dicts: claim, value, low, high, rows."""
    flights = tables["flights"]
    flights = flights[~flights.duplicated(flights.columns.difference(["row_id"]))]
    late = flights["arr_delay"][flights["arr_delay"].notna()] > 15
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

    planes = tables["planes"].dropna(subset="tailnum").assign(found=True)
    merged = flights.merge(planes[["tailnum", "found"]], on="tailnum", how="left")
    return [
        claim("cancelled", cancelled),
        claim("late", late),
        claim("no_plane", merged["found"].isna()),
        claim("late_evening_minus_morning", late[hour >= 17], late[hour <= 11]),
        claim("no_tailnum_cancelled_minus_flown", no_tailnum[cancelled], no_tailnum[~cancelled]),
    ]
