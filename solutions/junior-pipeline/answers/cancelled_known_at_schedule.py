# kind: wrong
# about: gives cancelled flights the scheduled moments
# loses: [availability]

# %% task="availability.moments"
def known_moments(flights):
    """Return departure_known and arrival_known of each flight, in UTC."""
    return pd.DataFrame({
        f"{end}_known": flights[f"sched_{end[:3]}"]
        + pd.to_timedelta(flights[f"{end[:3]}_delay"].fillna(0), unit="min")
        for end in ("departure", "arrival")
    })  # fmt: skip
