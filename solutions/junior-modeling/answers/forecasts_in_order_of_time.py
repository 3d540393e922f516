# kind: wrong
# about: returns the flights sorted by day
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff].sort_values("day")
    valid = before["day"] > before["day"].median()

    def brier(depth):
        model = fit_forest(before[~valid], NUMBERS, max_depth=depth)
        forecast = model.predict_proba(before.loc[valid, NUMBERS])[:, 1]
        return ((forecast - before.loc[valid, "late"]) ** 2).mean()

    best = min(range(1, 10), key=brier)
    model = fit_forest(before, NUMBERS, max_depth=best)
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], after.index)
