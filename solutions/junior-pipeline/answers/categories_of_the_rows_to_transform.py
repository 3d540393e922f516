# kind: wrong
# about: makes one-hot columns of the values at hand, so their number changes
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
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in sorted(X[column].dropna().unique())]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
