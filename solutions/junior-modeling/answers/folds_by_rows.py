# kind: wrong
# about: cuts the rows in order of time, in the middle of days
# loses: [folds]

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    order = np.argsort(day, kind="stable")
    folds = []
    for block in np.array_split(order, n_folds + 1)[1:]:
        train = np.flatnonzero(day < day[block].min() - np.timedelta64(gap_days, "D"))
        folds.append((train, np.sort(block)))
    return folds
