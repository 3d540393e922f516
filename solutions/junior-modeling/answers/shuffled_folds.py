# kind: wrong
# about: shuffles flights into folds, so that a day is on both sides
# loses: [folds]

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    from sklearn.model_selection import KFold

    return list(KFold(n_folds + 1, shuffle=True, random_state=0).split(day))[:n_folds]
