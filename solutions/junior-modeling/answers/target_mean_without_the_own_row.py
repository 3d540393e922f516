# kind: wrong
# about: leaves out its own label but knows those of later days
# loses: [folds]

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    late = rows.groupby(column)["late"]
    others, count = late.transform("sum") - rows["late"], late.transform("size") - 1
    return ((others + weight * prior) / (count + weight)).fillna(prior)
