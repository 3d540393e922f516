# kind: wrong
# about: takes flights for landed as soon as they should have
# loses: [leak_tests]

# %% task="leak_tests.change_future"
def change_future(flights, weather, now):
    """Return (flights, weather) in which all that was unknown at now is another number."""
    departed, landed = (
        flights[f"sched_{end}"].where(flights[f"{end}_delay"].notna())
        for end in ("dep", "arr")
    )

    def changed(table, columns, moments):
        later = moments > now  # what never happens is not later
        return table.assign(**{c: table[c].mask(later, table[c] + 50) for c in columns})

    flights = changed(flights, ["dep_delay"], departed)
    flights = changed(flights, ["arr_delay", "air_time"], landed)
    readings = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    return flights, changed(weather, readings, weather["time"])
