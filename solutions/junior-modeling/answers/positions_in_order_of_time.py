# kind: wrong
# about: positions come in the order of days
# loses: [folds]

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    folds = []
    for block in np.array_split(np.unique(day), n_folds + 1)[1:]:
        test = np.flatnonzero((day >= block[0]) & (day <= block[-1]))
        train = np.flatnonzero(day < block[0] - np.timedelta64(gap_days, "D"))
        folds.append((train[np.argsort(day[train], kind="stable")], test))
    return folds
