# kind: wrong
# about: writes its own columns into the history it was given
# loses: [add_history]

# %% task="add_history"
def add_history(flights, history, as_of):
    """Return landed, late_rate and last_delay of each flight as of its own moment."""
    day = pd.Timedelta(hours=24)
    known = history["sched_arr"] + pd.to_timedelta(history["arr_delay"], unit="min")
    history["known"], history["late"] = known, history["arr_delay"] > 15
    past = history.dropna(subset="known")
    past = past.sort_values("known")
    out = pd.DataFrame({"landed": 0, "late": 0, "last_delay": np.nan}, flights.index)
    for origin, group in past.groupby("origin"):
        rows = flights["origin"] == origin
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        late = np.concatenate([[0], group["late"].cumsum()])
        out.loc[rows, "landed"] = upto[1] - upto[0]
        out.loc[rows, "late"] = late[upto[1]] - late[upto[0]]
    for tailnum, group in past.groupby("tailnum"):
        rows = flights["tailnum"] == tailnum
        upto = [group["known"].searchsorted(m, "right") for m in (as_of[rows] - day, as_of[rows])]
        delays = group["arr_delay"].to_numpy()[upto[1] - 1]
        out.loc[rows, "last_delay"] = np.where(upto[1] > upto[0], delays, np.nan)
    return out.assign(late_rate=out["late"] / out["landed"])
