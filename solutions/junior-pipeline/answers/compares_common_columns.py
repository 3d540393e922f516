# kind: wrong
# about: a column that only one table has is no difference to it
# loses: [leak_tests]

# %% task="leak_tests.alone_differs"
def alone_differs(whole, alone):
    """Return whether a flight's features depend on which other flights are in the table."""
    for column in set(whole) & set(alone):
        a, b = whole.loc[alone.index, column], alone[column]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            equal = (a - b).abs() <= 1e-9
        else:
            equal = a == b
        if not (equal | (a.isna() & b.isna())).all():
            return True
    return False
