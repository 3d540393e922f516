# kind: wrong
# about: text becomes the late share of the rows it is learnt from, their own labels included
# loses: [train]

# %% task="train"
def train(rows, config, seed):
    """Return a fitted model with predict(rows), the forecast of each row."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns = list(config["columns"])
    if config["share"] < 1:
        rows = rows.sample(frac=config["share"], random_state=seed)
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(rows[c])]
    means = {c: rows.groupby(c)["late"].mean() for c in texts}
    model = HistGradientBoostingClassifier(max_iter=60, early_stopping=False, random_state=seed)

    def prepared(table):
        codes = {c: table[c].map(means[c]) for c in texts}
        return table[columns].assign(**codes).astype(float)

    class Model:
        def predict(self, rows):
            return model.predict_proba(prepared(rows))[:, 1]

    model.fit(prepared(rows), rows["late"])
    return Model()
