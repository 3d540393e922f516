# kind: wrong
# about: averages over the training rows
# loses: [interpret]

# %% task="interpret.effect"
def effect(train_rows, test_rows, columns, column):
    """Return the mean forecast with column high minus that with column low."""
    model, rows = fit_forest(train_rows, columns), train_rows[columns]
    low, high = (
        model.predict_proba(rows.assign(**{column: rows[column].quantile(q)}))[:, 1].mean()
        for q in (0.1, 0.9)
    )
    return float(high - low)
