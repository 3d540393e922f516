# kind: wrong
# about: numbers come in the order of the table and not in that asked for
# loses: [make_preprocessor]

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].median().fillna(0)
            self.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            return self

        def transform(self, X):
            numbers = X[[c for c in X if c in numeric]]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
