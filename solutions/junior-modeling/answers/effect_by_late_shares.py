# kind: wrong
# about: compares flights that have high and low values, which differ in all else too
# loses: [interpret]

# %% task="interpret.effect"
def effect(train_rows, test_rows, columns, column):
    """Return the mean forecast with column high minus that with column low."""
    forecast = fit_forest(train_rows, columns).predict_proba(test_rows[columns])[:, 1]
    low, high = test_rows[column].quantile([0.1, 0.9])
    above, below = test_rows[column] >= high, test_rows[column] <= low
    return float(forecast[above].mean() - forecast[below].mean())
