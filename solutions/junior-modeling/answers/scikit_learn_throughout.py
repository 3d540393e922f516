# kind: right
# about: what scikit-learn has for it, target encoding, calibration curve, permutation importance

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
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, train_test_split
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import TargetEncoder

    columns = config["columns"]
    if config["share"] < 1:
        rows, _ = train_test_split(rows, train_size=config["share"], random_state=seed)
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(rows[c])]
    numbers = [c for c in columns if c not in texts and rows[c].notna().any()]
    pipeline = Pipeline([
        ("columns", ColumnTransformer([
            ("texts", TargetEncoder(target_type="binary", cv=StratifiedKFold(5)), texts),
            ("numbers", "passthrough", numbers),
        ])),
        ("model", HistGradientBoostingClassifier(
            learning_rate=0.06, max_iter=80, max_leaf_nodes=10, min_samples_leaf=40,
            early_stopping=False, random_state=seed,
        )),
    ])  # fmt: skip

    def clean(table):
        table = table[columns].copy()
        table[texts] = table[texts].astype(object).fillna("missing")
        return table

    pipeline.fit(clean(rows), rows["late"])
    pipeline_predict = pipeline.predict_proba

    class Model:
        def predict(self, table):
            return pipeline_predict(clean(table))[:, 1]

    return Model()

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    mean = float(np.mean(loss))
    _, place = np.unique(day, return_inverse=True)
    daily = np.bincount(place, weights=loss - mean)  # what each day adds to the deviation
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(loss)
    return {"mean": mean, "low": mean - half, "high": mean + half}

# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    import seaborn as sns

    table = pd.DataFrame({"forecast": 100 * forecast, "late": 100 * late})
    table["bin"] = (forecast * 10).astype(int).clip(0, 9)
    big = table.groupby("bin").filter(lambda flights: len(flights) >= 20)
    means = big.groupby("bin")[["forecast", "late"]].mean()
    fig, ax = plt.subplots()
    sns.lineplot(x=means["forecast"], y=means["late"], label="model", ax=ax, marker="o")
    sns.lineplot(x=[0, 100], y=[0, 100], label="perfect", ax=ax)
    ax.set(xlabel="forecast (%)", ylabel="late (%)")
    return fig

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    days = sorted(set(day))
    folds = []
    for part in np.array_split(np.arange(len(days)), n_folds + 1)[1:]:
        block = {days[i] for i in part}
        until = min(block) - np.timedelta64(gap_days, "D")
        test = [i for i, d in enumerate(day) if d in block]
        train = [i for i, d in enumerate(day) if d < until]
        folds.append((np.array(train, dtype=int), np.array(test, dtype=int)))
    return folds

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    out = []
    for value, day in zip(rows[column], rows["day"], strict=True):
        earlier = rows.loc[(rows[column] == value) & (rows["day"] < day), "late"]
        out.append((earlier.sum() + weight * prior) / (len(earlier) + weight))
    return pd.Series(out, rows.index, dtype=float)

# %% task="interpret.importance"
def importance(train_rows, test_rows, columns, seed):
    """Return the rise of the Brier score on test_rows when each column is shuffled."""
    from sklearn.inspection import permutation_importance

    found = permutation_importance(
        fit_forest(train_rows, columns), test_rows[columns], test_rows["late"],
        scoring="neg_brier_score", n_repeats=5, random_state=seed,
    )  # fmt: skip
    return pd.Series(found["importances_mean"], columns)

# %% task="interpret.effect"
def effect(train_rows, test_rows, columns, column):
    """Return the mean forecast with column high minus that with column low."""
    model = fit_forest(train_rows, columns)
    rows = test_rows[columns].copy()
    means = []
    for value in np.nanquantile(test_rows[column], [0.9, 0.1]):
        rows[column] = value
        means.append(np.mean(model.predict_proba(rows)[:, 1]))
    return means[0] - means[1]

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    import seaborn as sns

    top = importances.nlargest(10)
    fig, ax = plt.subplots()
    sns.barplot(x=top.to_numpy(), y=list(top.index), orient="h", ax=ax)
    ax.set(xlabel="rise in Brier score", ylabel="")
    return fig

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    mean = float(np.mean(difference))
    _, place = np.unique(day, return_inverse=True)
    daily = np.bincount(place, weights=difference - mean)
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(difference)
    low, high = mean - half, mean + half
    better = "a" if high < 0 else "b" if low > 0 else "unclear"
    return {"difference": mean, "low": low, "high": high, "better": better}

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    half = len(losses) // 2
    model = losses.head(half).mean().sort_values(kind="stable").index[0]
    return {"model": model, "expected": losses[model].tail(len(losses) - half).mean()}

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    before, after = rows.loc[rows["day"] < cutoff], rows.loc[rows["day"] >= cutoff]
    options = [{"min_samples_leaf": n, "max_features": f} for n in (15, 40) for f in (2, 5)]
    errors = np.zeros(len(options))
    for train_at, test_at in forward_folds(before["day"].to_numpy(), 2, 0):
        old, new = before.iloc[train_at], before.iloc[test_at]
        for i, option in enumerate(options):
            forecast = fit_forest(old, NUMBERS, **option).predict_proba(new[NUMBERS])[:, 1]
            errors[i] += ((forecast - new["late"]) ** 2).sum()
    model = fit_forest(before, NUMBERS, **options[int(errors.argmin())])
    return pd.Series(model.predict_proba(after[NUMBERS])[:, 1], index=after.index)
