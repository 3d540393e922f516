# kind: wrong
# about: keeps cancelled flights as if they were on time
# loses: [time_split]

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    labelled = flights
    start = cutoff - pd.Timedelta(days=gap_days)
    return labelled[labelled["sched_dep"] < start], labelled[labelled["sched_dep"] >= cutoff]
