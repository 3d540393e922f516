# kind: wrong
# about: takes depth 2 by habit, which suits the real flights and not the simulated ones
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    model = fit_forest(before, NUMBERS, max_depth=2)
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], after.index)
