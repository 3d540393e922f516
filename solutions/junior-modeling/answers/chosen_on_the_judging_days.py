# kind: wrong
# about: judges on days that have chosen too
# loses: [improve]

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses, losses.iloc[days[1::2]]
    model = choosing.mean().idxmin()
    return {"model": model, "expected": float(judging[model].mean())}
