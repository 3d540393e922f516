# kind: wrong
# about: takes the scheduled moments for those at which delays are known
# loses: [availability]

# %% task="availability.moments"
def known_moments(flights):
    """Return departure_known and arrival_known of each flight, in UTC."""
    return pd.DataFrame({
        f"{end}_known": flights[f"sched_{end[:3]}"]
        .where(flights[f"{end[:3]}_delay"].notna())
        for end in ("departure", "arrival")
    })  # fmt: skip
