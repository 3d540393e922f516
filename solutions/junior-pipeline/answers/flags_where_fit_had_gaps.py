# kind: wrong
# about: only columns with gaps in fit get a flag
# loses: [make_preprocessor]

# %% task="make_preprocessor"
def make_preprocessor(numeric, categories):
    """Return an unfitted object with fit(X) and transform(X)."""

    class Preprocessor:
        def fit(self, X):
            self.medians = X[numeric].median().fillna(0)
            self.seen = {column: sorted(X[column].dropna().unique()) for column in categories}
            self.gaps = [c for c in numeric if X[c].isna().any()]
            return self

        def transform(self, X):
            numbers = X[numeric]
            blocks = [numbers.fillna(self.medians), numbers[self.gaps].isna()]
            blocks += [X[column] == value for column in categories for value in self.seen[column]]
            return np.column_stack(blocks).astype(float)

    return Preprocessor()
