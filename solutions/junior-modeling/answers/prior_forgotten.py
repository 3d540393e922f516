# kind: wrong
# about: the plain share of earlier days, without the prior
# loses: [folds]

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    daily = rows.groupby([column, "day"])["late"].agg(["size", "sum"])
    before = daily.groupby(level=0).cumsum() - daily
    means = before["sum"] / before["size"]
    keys = pd.MultiIndex.from_frame(rows[[column, "day"]])
    return pd.Series(means.reindex(keys).to_numpy(), rows.index).fillna(prior)
