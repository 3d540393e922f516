# kind: wrong
# about: correlates each column with the label
# loses: [interpret]

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    return pd.Series({c: abs(np.corrcoef(
        test_rows[c].fillna(0) + 1e-9 * np.arange(len(test_rows)), test_rows["late"]
    )[0, 1]).round(6) if test_rows[c].nunique() > 1 else 0.0 for c in columns})
