# kind: wrong
# about: expects what all models lose on average
# loses: [improve]

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses.iloc[days[::2]], losses.iloc[days[1::2]]
    model = choosing.mean().idxmin()
    return {"model": model, "expected": float(judging.mean().mean())}
