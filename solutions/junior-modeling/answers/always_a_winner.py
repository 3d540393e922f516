# kind: wrong
# about: names the model with the lower mean, however unclear
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
    better = "a" if mean < 0 else "b"
    return {"difference": mean, "low": low, "high": high, "better": better}
