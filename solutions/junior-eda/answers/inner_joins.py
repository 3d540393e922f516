# kind: wrong
# about: inner joins drop every flight without plane, weather or airport
# loses: [join_all]

# %% task="join_all"
def join_all(tables):
    """Return (joined, report): flights with planes, weather and airports, and what had no match."""
    flights = tables["flights"]
    planes = tables["planes"][["tailnum", "year", "manufacturer", "seats"]]
    planes = planes.dropna(subset="tailnum").drop_duplicates("tailnum")
    planes = planes.rename(columns={c: f"plane_{c}" for c in ("year", "manufacturer", "seats")})
    weather = tables["weather"][
        ["origin", "time_hour", "temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    ].drop_duplicates(["origin", "time_hour"])
    airports = tables["airports"][["faa", "name", "lat", "lon"]].drop_duplicates("faa")
    airports = airports.set_axis(["dest", "dest_name", "dest_lat", "dest_lon"], axis=1)

    joined, parts = flights, []
    for lookup, frame, key, group, flag in (
        ("planes", planes, ["tailnum"], "carrier", "has_plane"),
        ("weather", weather, ["origin", "time_hour"], "origin", "has_weather"),
        ("airports", airports, ["dest"], "dest", "has_dest"),
    ):
        joined = joined.merge(frame, on=key, how="inner", validate="m:1", indicator=flag)
        joined[flag] = joined[flag] == "both"
        no_key = joined[key].isna().any(axis=1)
        counts = pd.DataFrame(
            {
                "group": joined[group],
                "flights": 1,
                "no_key": no_key.astype(int),
                "not_found": (~no_key & ~joined[flag]).astype(int),
            }
        )
        counts = counts.groupby("group", as_index=False).sum()
        parts.append(counts.assign(lookup=lookup))
    return joined, pd.concat(parts, ignore_index=True)
