# kind: wrong
# about: takes the two costs for one another
# loses: [cost]

# %% task="cost.flights"
def cost_per_flight(forecast, late, missed, alarm):
    """Return the cost of each flight, given the decision that its forecast leads to."""
    warned = forecast * missed > (1 - forecast) * alarm
    return np.where(late == 1, np.where(warned, 0, alarm), np.where(warned, missed, 0))
