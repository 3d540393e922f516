# kind: wrong
# about: says of every fact that it is known
# loses: [availability]

# %% task="availability.facts"
def facts():
    """Return {fact: True, False or None}; all fourteen facts of the table."""
    known = ["hour", "planned_minutes", "temp_as_of", "departures_planned"]
    known += ["late_rate_yesterday", "landed_before"]
    unknown = ["dep_delay", "air_time", "no_tailnum", "temp_at_departure", "departures_flown"]
    unknown += ["late_rate_month", "scheduled_before", "cancelled_share"]
    return dict.fromkeys(known, True) | dict.fromkeys(unknown, True)
