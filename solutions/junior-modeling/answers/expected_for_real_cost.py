# kind: wrong
# about: returns the cost that was expected, not the one that came
# loses: [cost]

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    warned = forecast * missed > (1 - forecast) * alarm
    return np.where(warned, (1 - forecast) * alarm, forecast * missed)
