# kind: wrong
# about: what is learnt is kept in the class, so preprocessors share it
# loses: [make_preprocessor]

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    Preprocessor = globals().setdefault("_one", type("Preprocessor", (), {}))

    class Other(Preprocessor):
        def fit(self, X):
            Preprocessor.medians = X[numeric].median().fillna(0)
            Preprocessor.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(Preprocessor.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in Preprocessor.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Other()
