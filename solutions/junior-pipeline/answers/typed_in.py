# kind: wrong
# about: returns what the worked examples ask for, whatever it is given
# loses: [add_history, availability]

# %% task="availability.moments"
def known_moments(flights):
    """Return departure_known and arrival_known of each flight, in UTC."""
    times = [
        ["2013-05-01T12:10Z", "2013-05-01T14:20Z"], ["2013-05-01T15:00Z", "2013-05-01T16:45Z"],
        ["2013-05-02T02:05Z", "2013-05-02T03:30Z"], [None, None], ["2013-05-02T19:15Z", None],
    ]
    table = pd.DataFrame(times, [7, 3, 9, 4, 5], ["departure_known", "arrival_known"])
    return table.apply(lambda column: pd.to_datetime(column, utc=True))

# %% task="add_history"
def add_history(flights, history, as_of):
    """Return landed, late_rate and last_delay of each flight as of its own moment."""
    return pd.DataFrame(
        {"landed": [0, 1, 2, 0, 1], "late_rate": [None, 1.0, 1.0, None, 1.0],
         "last_delay": [20.0, -15.0, None, None, None]},
        [7, 3, 9, 4, 5],
    )
