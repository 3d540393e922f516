# kind: wrong
# about: maps categories through a dict and fails at the first one not seen
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
            for column in categories:
                places = {value: i for i, value in enumerate(self.seen[column])}
                _ = [places[value] for value in X[column].dropna()]
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers.isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
