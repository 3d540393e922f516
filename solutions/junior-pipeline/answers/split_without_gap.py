# kind: wrong
# about: the gap is forgotten
# loses: [time_split]

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    labelled = flights[flights["arr_delay"].notna()]
    start = cutoff
    return labelled[labelled["sched_dep"] < start], labelled[labelled["sched_dep"] >= cutoff]
