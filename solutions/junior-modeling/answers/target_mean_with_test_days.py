# kind: wrong
# about: a feature holds the late share of all days, those to be forecast included
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    rows = rows.assign(rate=rows.groupby("carrier")["late"].transform("mean"))
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    columns = [*NUMBERS, "rate"]
    model = fit_forest(before, columns, min_samples_leaf=25)
    return pd.Series(model.predict_proba(after[columns])[:, 1], after.index)
