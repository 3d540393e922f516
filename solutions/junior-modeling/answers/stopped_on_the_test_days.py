# kind: wrong
# about: adds trees until the days to be forecast stop getting better
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    best, kept = np.inf, None
    for trees in (5, 10, 20, 40, 60, 80):
        model = fit_forest(before, NUMBERS, min_samples_leaf=25, n_estimators=trees)
        forecast = model.predict_proba(after[NUMBERS])[:, 1]
        score = ((forecast - after["late"]) ** 2).mean()
        if score > best:
            break
        best, kept = score, forecast
    return pd.Series(kept, after.index)
