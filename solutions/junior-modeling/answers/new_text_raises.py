# kind: wrong
# about: raises an error for a text that train has not seen
# loses: [train]

# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = list(config["columns"])
    if config["share"] < 1:
        rows = rows.sample(frac=config["share"], random_state=seed)
    numbers = [c for c in columns if pd.api.types.is_numeric_dtype(rows[c])]
    texts = [c for c in columns if c not in numbers]
    gaps = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=True)
    rare = OneHotEncoder()
    pipeline = make_pipeline(
        make_column_transformer((make_pipeline(gaps, StandardScaler()), numbers), (rare, texts)),
        LogisticRegression(max_iter=1000),
    )

    def prepared(table):
        return table[columns].astype(dict.fromkeys(numbers, float) | dict.fromkeys(texts, object))

    class Model:
        def predict(self, rows):
            return pipeline.predict_proba(prepared(rows))[:, 1]

    pipeline.fit(prepared(rows), rows["late"])
    return Model()
