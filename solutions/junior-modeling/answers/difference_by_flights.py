# kind: wrong
# about: resamples flights, not days
# loses: [improve]

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    mean = float(np.mean(difference))
    place = np.arange(len(day))
    daily = np.bincount(place, weights=difference - mean)
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(difference)
    low, high = mean - half, mean + half
    better = "a" if high < 0 else "b" if low > 0 else "unclear"
    return {"difference": mean, "low": low, "high": high, "better": better}
