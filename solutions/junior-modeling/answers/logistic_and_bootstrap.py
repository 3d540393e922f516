# kind: right
# about: a logistic regression, days drawn with replacement

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    warned = forecast * missed > (1 - forecast) * alarm
    return np.where(late == 1, np.where(warned, 0, missed), np.where(warned, alarm, 0))

# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""
    warn = bool((late_before == 0).sum() * alarm < (late_before == 1).sum() * missed)
    cost = (late_after == 0).mean() * alarm if warn else (late_after == 1).mean() * missed
    return {"warn": warn, "cost": float(cost)}

# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = list(config["columns"])
    if config["share"] < 1:
        rows = rows.sample(frac=config["share"], random_state=seed)
    numbers = [c for c in columns if pd.api.types.is_numeric_dtype(rows[c])]
    texts = [c for c in columns if c not in numbers]
    gaps = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
    rare = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)
    pipeline = make_pipeline(
        make_column_transformer((make_pipeline(gaps, StandardScaler()), numbers), (rare, texts)),
        LogisticRegression(max_iter=1000),
    )

    def prepared(table):
        return table[columns].astype(dict.fromkeys(numbers, float) | dict.fromkeys(texts, object))

    class Model:
        def predict(self, rows):
            return pipeline.predict_proba(prepared(rows))[:, 1]

    pipeline.fit(prepared(rows), rows["late"])
    return Model()

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    _, place = np.unique(day, return_inverse=True)
    flights, losses = np.bincount(place), np.bincount(place, weights=loss)
    drawn = np.random.default_rng(seed).integers(len(flights), size=(500, len(flights)))
    means = losses[drawn].sum(axis=1) / flights[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return {"mean": float(np.mean(loss)), "low": float(low), "high": float(high)}

# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    place = np.minimum((10 * forecast).astype(int), 9)
    table = pd.DataFrame({"forecast": forecast, "late": late}).groupby(place)
    points = 100 * table.mean()[table.size() >= 20]
    fig, ax = plt.subplots()
    ax.plot([0, 100], [0, 100], "--", label="perfect")
    ax.plot(points["forecast"], points["late"], "o-", label="model")
    ax.set(xlabel="mean forecast (%)", ylabel="flights that were late (%)")
    ax.legend()
    return fig

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    folds = []
    for block in np.array_split(np.unique(day), n_folds + 1)[1:]:
        test = np.flatnonzero((day >= block[0]) & (day <= block[-1]))
        train = np.flatnonzero(day < block[0] - np.timedelta64(gap_days, "D"))
        folds.append((train, test))
    return folds

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    daily = rows.groupby([column, "day"])["late"].agg(["size", "sum"])
    before = daily.groupby(level=0).cumsum() - daily
    means = (before["sum"] + weight * prior) / (before["size"] + weight)
    keys = pd.MultiIndex.from_frame(rows[[column, "day"]])
    return pd.Series(means.reindex(keys).to_numpy(), rows.index).fillna(prior)

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    model, rng = fit_forest(train_rows, columns), np.random.default_rng(seed)

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

# %% task="interpret.effect"
def effect(train_rows, test_rows, columns, column):
    """Return the mean forecast with column high minus that with column low."""
    model, rows = fit_forest(train_rows, columns), test_rows[columns]
    low, high = (
        model.predict_proba(rows.assign(**{column: rows[column].quantile(q)}))[:, 1].mean()
        for q in (0.1, 0.9)
    )
    return float(high - low)

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    top = importances.nlargest(10).iloc[::-1]
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    ax.set_xlabel("rise of the Brier score when shuffled")
    return fig

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    _, place = np.unique(day, return_inverse=True)
    flights, sums = np.bincount(place), np.bincount(place, weights=difference)
    drawn = np.random.default_rng(seed).integers(len(flights), size=(500, len(flights)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / flights[drawn].sum(axis=1), [0.05, 0.95])
    better = "a" if high < 0 else "b" if low > 0 else "unclear"
    return {"difference": float(difference.mean()), "low": float(low), "high": float(high),
            "better": better}  # fmt: skip

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses.iloc[days[::2]], losses.iloc[days[1::2]]
    model = choosing.mean().idxmin()
    return {"model": model, "expected": float(judging[model].mean())}

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows[rows["day"] < cutoff], rows[rows["day"] >= cutoff]
    valid = before["day"] > before["day"].median()

    def brier(depth):
        model = fit_forest(before[~valid], NUMBERS, max_depth=depth)
        forecast = model.predict_proba(before.loc[valid, NUMBERS])[:, 1]
        return ((forecast - before.loc[valid, "late"]) ** 2).mean()

    best = min(range(1, 10), key=brier)
    model = fit_forest(before, NUMBERS, max_depth=best)
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], after.index)
