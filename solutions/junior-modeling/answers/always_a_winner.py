# kind: wrong
# about: names the model with the lower mean, however unclear
# loses: [improve]

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    _, place = np.unique(day, return_inverse=True)
    flights, sums = np.bincount(place), np.bincount(place, weights=difference)
    drawn = np.random.default_rng(seed).integers(len(flights), size=(500, len(flights)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / flights[drawn].sum(axis=1), [0.05, 0.95])
    better = "a" if difference.mean() < 0 else "b"
    return {"difference": float(difference.mean()), "low": float(low), "high": float(high),
            "better": better}  # fmt: skip
