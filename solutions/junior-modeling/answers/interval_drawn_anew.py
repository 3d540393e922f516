# kind: wrong
# about: draws from a generator without the seed
# loses: [evaluate]

# %% task="evaluate.interval"
def mean_interval(loss, day, seed):
    """Return {"mean", "low", "high"}: the mean loss with a 90 % interval by days."""
    _, place = np.unique(day, return_inverse=True)
    flights, losses = np.bincount(place), np.bincount(place, weights=loss)
    drawn = np.random.default_rng().integers(len(flights), size=(500, len(flights)))
    means = losses[drawn].sum(axis=1) / flights[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return {"mean": float(np.mean(loss)), "low": float(low), "high": float(high)}
