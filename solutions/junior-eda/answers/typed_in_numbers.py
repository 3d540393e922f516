# kind: wrong
# about: types in what the visible checks show
# loses: [profile, questions, findings]

# %% task="profile"
def profile(tables, keys):
    """Return what the example asks for."""
    return {
        "planes": {
            "rows": 5, "missing": {"tailnum": 2, "year": 1, "seats": 0, "speed": 2},
            "key_missing": 2, "key_repeated": 2,
            "kinds": {"tailnum": "text", "year": "integer", "seats": "integer", "speed": "decimal"},
        },
        "weather": {
            "rows": 2, "missing": {"origin": 0, "time_hour": 0, "temp": 0},
            "key_missing": 0, "key_repeated": 0,
            "kinds": {"origin": "text", "time_hour": "time", "temp": "integer"},
        },
    }

# %% task="questions.late_chart"
def late_chart(flights):
    fig, ax = plt.subplots()
    ax.bar(["W3", "K2", "Q5"], [100, 200 / 3, 100 / 3])
    ax.set(xlabel="carrier", ylabel="late flights (%)", title="Late flights by carrier")
    return fig

# %% task="questions.late_by_hour"
def late_by_hour(flights):
    return pd.DataFrame({"hour": [6, 7, 9], "flights": [3, 3, 1], "late_rate": [1 / 3, 2 / 3, 1.0]})

# %% task="questions.worst_day"
def worst_day(flights, min_flights):
    return ("2013-02-09", 1 / 3) if min_flights == 3 else None

# %% task="questions.top_routes"
def top_routes(flights, k):
    return [("AAA", "XXX", 4), ("BBB", "XXX", 3), ("AAA", "YYY", 2)]

# %% task="questions.adjusted_late_rate"
def adjusted_late_rate(flights):
    return {"AAA": 1 / 4, "BBB": 3 / 4}

# %% task="findings"
def findings(tables):
    def claim(name, value, rows, half):
        return {"claim": name, "value": value, "low": value - half, "high": value + half, "rows": rows}

    return [
        claim("cancelled", 2 / 7, 7, 0.33466),
        claim("late", 3 / 5, 5, 0.42941),
        claim("no_plane", 2 / 7, 7, 0.33466),
        claim("late_evening_minus_morning", 2 / 3 - 1 / 2, 5, 0.87451),
        claim("no_tailnum_cancelled_minus_flown", 1 / 2, 7, 0.69296),
    ]
