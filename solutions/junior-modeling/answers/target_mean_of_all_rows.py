# kind: wrong
# about: the mean holds the label of the flight itself and of later ones
# loses: [folds]

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    late = rows.groupby(column)["late"]
    means = (late.transform("sum") + weight * prior) / (late.transform("size") + weight)
    return means.fillna(prior)
