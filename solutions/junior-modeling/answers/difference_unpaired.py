# kind: wrong
# about: draws the days of both models apart, as if they had other flights
# loses: [improve]

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    _, place = np.unique(day, return_inverse=True)
    flights, sums = np.bincount(place), np.bincount(place, weights=difference)
    rng = np.random.default_rng(seed)
    means = []
    for loss in (loss_a, loss_b):
        sums = np.bincount(place, weights=loss)
        drawn = rng.integers(len(flights), size=(500, len(flights)))
        means.append(sums[drawn].sum(axis=1) / flights[drawn].sum(axis=1))
    low, high = np.quantile(means[0] - means[1], [0.05, 0.95])
    better = "a" if high < 0 else "b" if low > 0 else "unclear"
    return {"difference": float(difference.mean()), "low": float(low), "high": float(high),
            "better": better}  # fmt: skip
