# kind: wrong
# about: seeds the generator that everybody shares
# loses: [train]

# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    columns = list(config["columns"])
    np.random.seed(seed)
    rows = rows[np.random.rand(len(rows)) < config["share"]]
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(rows[c])]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    pipeline = make_pipeline(
        make_column_transformer((codes, texts), remainder="passthrough"),
        RandomForestClassifier(random_state=seed),
    )
    pipeline.fit(rows[columns], rows["late"])

    class Model:
        def predict(self, rows):
            return pipeline.predict_proba(rows[columns])[:, 1]

    return Model()
