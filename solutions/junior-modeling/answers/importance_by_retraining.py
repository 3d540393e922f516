# kind: wrong
# about: leaves a column out and trains again
# loses: [interpret]

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""

    def brier(used):
        model = fit_forest(train_rows, used)
        return ((model.predict_proba(test_rows[used])[:, 1] - test_rows["late"]) ** 2).mean()

    whole = brier(columns)
    spare = train_rows[columns[0]] * 0.0
    train_rows, test_rows = train_rows.assign(spare=spare), test_rows.assign(spare=0.0)
    return pd.Series({c: brier([o for o in columns if o != c] or ["spare"]) - whole for c in columns})
