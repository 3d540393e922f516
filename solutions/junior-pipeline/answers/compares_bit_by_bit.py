# kind: wrong
# about: takes rounding for a leak
# loses: [leak_tests]

# %% task="leak_tests.alone_differs"
def alone_differs(whole, alone):
    """Return whether a flight's features depend on which other flights are in the table."""
    if set(whole.columns) != set(alone.columns):
        return True
    whole = whole.loc[alone.index, alone.columns]
    for column in alone:
        a, b = whole[column], alone[column]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            equal = a == b
        else:
            equal = a == b
        if not (equal | (a.isna() & b.isna())).all():
            return True
    return False
