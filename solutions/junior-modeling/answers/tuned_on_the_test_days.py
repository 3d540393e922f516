# kind: wrong
# about: chooses the option that is best on the days to be forecast
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    days = np.sort(before["day"].unique())
    valid = before["day"] >= days[len(days) * 2 // 3]
    columns = [c for c in NUMBERS if before[c].notna().any()]
    scores = {}
    for leaf in (10, 25, 60):
        model = fit_forest(before, columns, min_samples_leaf=leaf)
        forecast = model.predict_proba(after[columns])[:, 1]
        scores[leaf] = ((forecast - after["late"]) ** 2).mean()
    best = min(scores, key=scores.get)
    model = fit_forest(before, columns, min_samples_leaf=best, n_estimators=100)
    return pd.Series(model.predict_proba(after[columns])[:, 1], after.index)
