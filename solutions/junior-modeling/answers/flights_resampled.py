# kind: wrong
# about: resamples flights as if those of a day were independent
# loses: [evaluate]

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    rng = np.random.default_rng(seed)
    means = [rng.choice(loss, len(loss)).mean() for _ in range(300)]
    low, high = np.quantile(means, [0.05, 0.95])
    return {"mean": float(np.mean(loss)), "low": float(low), "high": float(high)}
