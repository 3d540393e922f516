# kind: wrong
# about: a second fit keeps what the first has seen
# loses: [make_preprocessor]

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].median().fillna(0)
            seen = getattr(self, "seen", {})
            self.seen = {
                column: sorted({*seen.get(column, []), *X[column].dropna()}) for column in categories
            }
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
