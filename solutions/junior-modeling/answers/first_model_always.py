# kind: wrong
# about: ships the first model, whose estimate is honest
# loses: [improve]

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses.iloc[days[::2]], losses.iloc[days[1::2]]
    model = losses.columns[0]
    return {"model": model, "expected": float(judging[model].mean())}
