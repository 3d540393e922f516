# kind: wrong
# about: forecasts the share that was late before, for every flight
# loses: [improve]

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    return pd.Series(before["late"].mean(), after.index)
