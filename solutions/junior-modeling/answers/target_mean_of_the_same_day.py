# kind: wrong
# about: earlier flights of the same day count too
# loses: [folds]

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    late = rows.sort_values("day", kind="stable").groupby(column)["late"]
    known, count = late.cumsum() - rows["late"], late.cumcount()
    return ((known + weight * prior) / (count + weight)).reindex(rows.index).fillna(prior)
