# kind: wrong
# about: one day chooses, which is mostly chance
# loses: [improve]

# %% task="improve.pick"
def pick(losses, seed):
    """Return {"model", "expected"}: the model to ship and what it will lose."""
    days = np.random.default_rng(seed).permutation(len(losses))
    choosing, judging = losses.iloc[days[:1]], losses.iloc[days[1:]]
    model = choosing.mean().idxmin()
    return {"model": model, "expected": float(judging[model].mean())}
