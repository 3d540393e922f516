# kind: right
# about: a naive Bayes model written in NumPy, loops elsewhere

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    costs = []
    for p, was_late in zip(forecast, late, strict=True):
        if (1 - p) * alarm < p * missed:
            costs.append(0 if was_late else alarm)
        else:
            costs.append(missed if was_late else 0)
    return np.array(costs)

# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""
    share = np.mean(late_before)
    warn = (1 - share) * alarm < share * missed - 1e-12
    after = np.mean(late_after)
    return {"warn": warn, "cost": (1 - after) * alarm if warn else after * missed}

# %% task="train"
class NaiveBayes:
    """Log odds added up over columns; numbers in ten groups, a gap is a group of its own."""

    def __init__(self, rows, columns):
        late = rows["late"].to_numpy()
        self.prior = (late.sum() + 1) / (len(late) + 2)
        self.edges, self.odds = {}, {}
        for column in columns:
            if pd.api.types.is_numeric_dtype(rows[column]):
                present = rows[column].dropna()
                if len(present):
                    self.edges[column] = np.quantile(present, np.arange(1, 10) / 10)
                else:
                    self.edges[column] = np.zeros(1)
            counts = pd.DataFrame({"group": self.groups(rows, column), "late": late})
            table = counts.groupby("group")["late"].agg(["sum", "size"])
            rate = (table["sum"] + 40 * self.prior) / (table["size"] + 40)
            self.odds[column] = (np.log(rate / (1 - rate)) - self.base()).to_dict()

    def base(self):
        """The log odds of a flight of which nothing is known."""
        return np.log(self.prior / (1 - self.prior))

    def groups(self, rows, column):
        """The group of each row, as text."""
        if column not in self.edges:
            return ["gap" if pd.isna(v) else f"={v}" for v in rows[column]]
        values = rows[column].astype(float).to_numpy()
        place = np.searchsorted(self.edges[column], values)
        return ["gap" if np.isnan(v) else str(i) for v, i in zip(values, place, strict=True)]

    def predict(self, rows):
        """The forecast of each row."""
        total = np.full(len(rows), self.base())
        for column, odds in self.odds.items():
            total += [0.6 * odds.get(group, 0.0) for group in self.groups(rows, column)]
        return 1 / (1 + np.exp(-total))


def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    if config["share"] < 1:
        order = np.random.default_rng(seed).permutation(len(rows))
        rows = rows.iloc[order[: int(len(rows) * config["share"])]]
    return NaiveBayes(rows, config["columns"])

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    rng = np.random.default_rng(seed)
    totals = {}
    for d, value in zip(day.tolist(), loss.tolist(), strict=True):
        n, s = totals.get(d, (0, 0.0))
        totals[d] = n + 1, s + value
    pairs = np.array(list(totals.values()))
    means = []
    for _ in range(400):
        count, total = pairs[rng.integers(0, len(pairs), len(pairs))].sum(axis=0)
        means.append(total / count)
    means.sort()
    return {"mean": sum(loss.tolist()) / len(loss), "low": means[20], "high": means[379]}

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
    table = pd.DataFrame({"day": day, "d": loss_a - loss_b}).groupby("day")["d"].agg(["sum", "size"])
    total = table.sum()
    mean = total["sum"] / total["size"]
    # Leaving out one day at a time.
    without = (total["sum"] - table["sum"]) / (total["size"] - table["size"])
    n = len(table)
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    low, high = mean - 1.7 * error, mean + 1.7 * error
    better = "b" if low > 0 else "a" if high < 0 else "unclear"
    return {"difference": mean, "low": low, "high": high, "better": better}

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
