# kind: wrong
# about: says what most flights are, the best constant for accuracy
# loses: [cost]

# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""
    warn = bool(late_before.mean() > 0.5)
    cost = (late_after == 0).mean() * alarm if warn else (late_after == 1).mean() * missed
    return {"warn": warn, "cost": float(cost)}
