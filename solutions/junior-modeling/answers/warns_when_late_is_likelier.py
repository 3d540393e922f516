# kind: wrong
# about: warns above one half, which is best for accuracy and not for the costs
# loses: [cost]

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    warned = forecast > 0.5
    return np.where(late == 1, np.where(warned, 0, missed), np.where(warned, alarm, 0))
