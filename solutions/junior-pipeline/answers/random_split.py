# kind: wrong
# about: splits at random, as if days did not matter
# loses: [time_split]

# %% task="time_split.rows"
def time_split(flights, cutoff, gap_days):
    """Return (train, test): labelled flights before the gap, and from the cutoff on."""
    labelled = flights[flights["arr_delay"].notna()]
    start = cutoff - pd.Timedelta(days=gap_days)
    share = (labelled["sched_dep"] < start).mean()
    rows = np.random.default_rng(0).random(len(labelled)) < share
    return labelled[rows], labelled[~rows]
