# kind: wrong
# about: shuffles with a generator without the seed
# loses: [interpret]

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    model, rng = fit_forest(train_rows, columns), np.random.default_rng()

    def brier(table):
        return ((model.predict_proba(table)[:, 1] - test_rows["late"]) ** 2).mean()

    rows = test_rows[columns]
    rises = {
        column: np.mean([
            brier(rows.assign(**{column: rng.permutation(rows[column])})) for _ in range(5)
        ]) - brier(rows)
        for column in columns
    }  # fmt: skip
    return pd.Series(rises)
