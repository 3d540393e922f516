# kind: right
# about: a forest, the variance between days, and cross-fitting for the estimate

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    warned = forecast > alarm / (alarm + missed)
    return missed * ((late == 1) & ~warned) + alarm * ((late == 0) & warned)

# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""

    def costs(late):
        return {False: (late == 1).sum() * missed, True: (late == 0).sum() * alarm}

    before = costs(late_before)
    warn = min(before, key=before.get)  # the first of equals: no warning
    return {"warn": warn, "cost": costs(late_after)[warn] / len(late_after)}

# %% task="train"
class Forest:
    """A forest on numbers and on codes of the frequent texts."""

    def __init__(self, rows, columns, seed):
        self.columns = columns
        self.codes = {}
        for column in columns:
            if not pd.api.types.is_numeric_dtype(rows[column]):
                counts = rows[column].value_counts()
                frequent = sorted(counts.index[counts >= 20])
                self.codes[column] = {value: i for i, value in enumerate(frequent)}
        self.forest = RandomForestClassifier(80, min_samples_leaf=8, random_state=seed)
        self.forest.fit(self.matrix(rows), rows["late"])

    def matrix(self, rows):
        """All columns as numbers, gaps far below every value."""
        made = [
            rows[c].map(self.codes[c]) if c in self.codes else rows[c].astype(float)
            for c in self.columns
        ]
        return np.nan_to_num(np.column_stack(made).astype(float), nan=-999.0)

    def predict(self, rows):
        """The forecast of each row."""
        return self.forest.predict_proba(self.matrix(rows))[:, 1]


def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    count = max(1, round(config["share"] * len(rows)))
    drawn = np.random.default_rng(seed).choice(len(rows), count, replace=False)
    return Forest(rows.iloc[np.sort(drawn)], config["columns"], seed)

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    from scipy import stats

    mean = float(np.mean(loss))
    _, place = np.unique(day, return_inverse=True)
    residual = np.bincount(place, weights=loss - mean)
    days = len(residual)
    error = np.sqrt(days / (days - 1) * (residual**2).sum()) / len(loss)
    half = stats.t.ppf(0.95, days - 1) * error
    return {"mean": mean, "low": mean - half, "high": mean + half}

# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    x, y = [], []
    for i in range(10):
        inside = (forecast >= i / 10) & ((forecast < (i + 1) / 10) | (i == 9))
        if inside.sum() >= 20:
            x.append(forecast[inside].mean() * 100)
            y.append(late[inside].mean() * 100)
    figure = plt.figure(figsize=(5, 5))
    chart = figure.add_subplot()
    chart.plot(x, y, marker="s", label="model")
    chart.plot([0, 100], [0, 100], color="grey", label="perfect")
    chart.set_xlabel("Forecast, %")
    chart.set_ylabel("Late, %")
    chart.legend(loc="upper left")
    chart.grid(alpha=0.3)
    return figure

# %% task="folds.forward"
def forward_folds(day, n_folds, gap_days):
    """Return n_folds pairs (train, test) of positions; train lies before test and the gap."""
    days = pd.Series(day)
    number = days.rank(method="dense").astype(int) - 1
    count = number.max() + 1
    size, longer = divmod(count, n_folds + 1)
    ends = np.cumsum([size + (k < longer) for k in range(n_folds + 1)])
    folds = []
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        test = number.between(start, end - 1)
        first = days[test].min()
        train = days < first - pd.Timedelta(days=gap_days)
        folds.append((np.flatnonzero(train), np.flatnonzero(test)))
    return folds

# %% task="folds.past_mean"
def past_mean(rows, column, prior, weight):
    """Return for each row the late share of its category on earlier days, pulled to prior."""
    seen, late, means = {}, {}, pd.Series(prior, rows.index, dtype=float)
    for _, today in rows.groupby("day", sort=True):
        for row, value in today[column].dropna().items():
            k, n = late.get(value, 0), seen.get(value, 0)
            means[row] = (k + weight * prior) / (n + weight)
        for value, label in zip(today[column], today["late"], strict=True):
            seen[value] = seen.get(value, 0) + 1
            late[value] = late.get(value, 0) + label
    return means

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
    top = importances.sort_values(ascending=False).head(10)
    fig, ax = plt.subplots()
    places = range(len(top))
    ax.barh(places, top.to_numpy())
    ax.set_yticks(places, top.index)
    ax.invert_yaxis()
    ax.set_xlabel("importance (Brier)")
    return fig

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    found = mean_interval(loss_a - loss_b, day, seed)
    low, high = found["low"], found["high"]
    better = "unclear" if low <= 0 <= high else "a" if high < 0 else "b"
    return {"difference": found["mean"], "low": low, "high": high, "better": better}

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    folds = np.arange(len(losses)) % 5
    judged = []
    for k in range(5):
        chosen = losses[folds != k].mean().idxmin()
        judged += list(losses.loc[folds == k, chosen])
    return {"model": losses.mean().idxmin(), "expected": float(np.mean(judged))}

# %% task="improve.forecast"
def improve(rows, cutoff, seed):
    """Return the forecasts for rows on cutoff and later, learnt from what is before."""
    known = (rows["day"] < cutoff).to_numpy()
    table = rows.copy()
    table.loc[~known, "late"] = 0  # nobody knows these yet
    prior = table.loc[known, "late"].mean()
    days = table["day"].where(known, cutoff)  # all days ahead know the same past
    shares = past_mean(table.assign(day=days), "carrier", prior, 50)
    table["carrier_rate"] = shares
    columns = [*NUMBERS, "carrier_rate"]
    learnt = table[known]
    model = fit_forest(learnt, columns, min_samples_leaf=20, n_estimators=120, max_features=4)
    return pd.Series(model.predict_proba(table.loc[~known, columns])[:, 1], rows.index[~known])
