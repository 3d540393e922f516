# kind: wrong
# about: lets carriers with a handful of flights explain what is missing
# loses: [missing_reasons]

# %% task="missing_reasons"
def missing_reasons(joined, min_rows=30):
    """Return for each column with missing values the cause that explains them best."""
    splits = [
        ("structural", None, joined["wind_speed"] < 15),
        ("outcome", None, joined["dep_time"].isna()),
        *(("carrier", c, joined["carrier"] == c) for c in sorted(joined["carrier"].unique())),
        ("weather", None, joined["precip"] > 0),
    ]
    splits = [s for s in splits if s[2].any() and not s[2].all()]

    found = []
    for column in joined:
        absent = joined[column].isna()
        if not absent.any():
            continue
        shares = [
            (reason, absent[rows].mean(), absent[~rows].mean(), group)
            for reason, group, rows in splits
        ]
        # The list of splits is in the order of the ties, and max() takes the first of equals.
        best = max(shares, key=lambda share: share[1] - share[2], default=("other", 0, 0, None))
        if best[1] - best[2] < 0.25:
            best = ("other", np.nan, np.nan, None)
        found.append((column, absent.sum(), *best))
    return pd.DataFrame(
        found, columns=["column", "missing", "reason", "inside", "outside", "group"]
    )
