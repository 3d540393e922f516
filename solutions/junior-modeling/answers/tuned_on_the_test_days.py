# kind: wrong
# about: chooses the depth that is best on the days to be forecast
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]

    def brier(depth):
        model = fit_forest(before, NUMBERS, max_depth=depth)
        forecast = model.predict_proba(after[NUMBERS])[:, 1]
        return ((forecast - after["late"]) ** 2).mean()

    best = min(range(1, 10), key=brier)
    model = fit_forest(before, NUMBERS, max_depth=best)
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], after.index)
