# kind: wrong
# about: calls whole numbers decimal because missing values made pandas store floats
# loses: [profile]

# %% task="profile"
def profile(tables, keys):
    """Return rows, missing values, key faults and kinds of each table as a dict."""

    def kind(values):
        if pd.api.types.is_bool_dtype(values.dtype):
            return "bool"
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return "time"
        if pd.api.types.is_numeric_dtype(values.dtype):
            return "integer" if pd.api.types.is_integer_dtype(values.dtype) else "decimal"
        return "text"

    report = {}
    for name, table in tables.items():
        key = table[keys[name]]
        complete = key.dropna()
        report[name] = {
            "rows": len(table),
            "missing": {column: int(table[column].isna().sum()) for column in table},
            "key_missing": len(key) - len(complete),
            "key_repeated": int(complete.duplicated(keep=False).sum()),
            "kinds": {column: kind(table[column]) for column in table},
        }
    return report
