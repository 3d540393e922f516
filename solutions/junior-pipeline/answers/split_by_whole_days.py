# kind: wrong
# about: cuts at midnight in place of the moment given
# loses: [time_split]

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    labelled = flights[flights["arr_delay"].notna()]
    start = cutoff - pd.Timedelta(days=gap_days)
    return labelled[labelled["sched_dep"] < start], labelled[labelled["sched_dep"] >= cutoff.floor("D")]
