# kind: wrong
# about: forecasts the share that was late, for every flight
# loses: [train]

# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    columns = list(config["columns"])
    rows = rows.sample(frac=config["share"], random_state=seed)
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(rows[c])]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    pipeline = make_pipeline(
        make_column_transformer((codes, texts), remainder="passthrough"),
        RandomForestClassifier(random_state=seed),
    )
    late_share = rows["late"].mean()
    pipeline.fit(rows[columns], rows["late"])

    class Model:
        def predict(self, rows):
            return np.full(len(rows), late_share)

    return Model()
