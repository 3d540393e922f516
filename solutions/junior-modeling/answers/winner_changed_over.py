# kind: wrong
# about: names the model that loses more
# loses: [improve]

# %% task="improve.compare"
def compare(loss_a, loss_b, day, seed):
    """Return {"difference", "low", "high", "better"} of two models on the same flights."""
    difference = loss_a - loss_b
    mean = float(np.mean(difference))
    _, place = np.unique(day, return_inverse=True)
    daily = np.bincount(place, weights=difference - mean)
    half = 1.645 * float(np.sqrt((daily**2).sum())) / len(difference)
    low, high = mean - half, mean + half
    better = "b" if high < 0 else "a" if low > 0 else "unclear"
    return {"difference": mean, "low": low, "high": high, "better": better}
