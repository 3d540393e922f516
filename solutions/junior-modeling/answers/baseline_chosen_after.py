# kind: wrong
# about: chooses the rule on the labels on which it is judged
# loses: [cost]

# %% task="cost.baseline"
def baseline(late_before, late_after, missed, alarm):
    """Return {"warn": ..., "cost": ...} of the better constant rule, chosen before."""
    warn = bool((late_after == 0).sum() * alarm < (late_after == 1).sum() * missed)
    cost = (late_after == 0).mean() * alarm if warn else (late_after == 1).mean() * missed
    return {"warn": warn, "cost": float(cost)}
