# kind: wrong
# about: asks the forest, which finds pure noise important
# loses: [interpret]

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    model = fit_forest(train_rows, columns)
    return pd.Series(model.feature_importances_, columns)
