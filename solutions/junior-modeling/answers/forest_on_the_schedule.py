# kind: wrong
# about: the default forest on the schedule, as if there were nothing else
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    model = fit_forest(before, SCHEDULE)
    return pd.Series(model.predict_proba(after[SCHEDULE])[:, 1], after.index)
