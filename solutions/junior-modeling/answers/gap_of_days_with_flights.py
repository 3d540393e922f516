# kind: wrong
# about: the gap counts days that have flights, not days of the calendar
# loses: [folds]

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    folds = []
    for block in np.array_split(np.unique(day), n_folds + 1)[1:]:
        test = np.flatnonzero((day >= block[0]) & (day <= block[-1]))
        earlier = np.unique(day[day < block[0]])
        train = np.flatnonzero(np.isin(day, earlier[: max(0, len(earlier) - gap_days)]))
        folds.append((train, test))
    return folds
