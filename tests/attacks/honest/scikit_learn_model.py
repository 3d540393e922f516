# about: A pipeline with its own transformer, cross-validated and saved, gives the answer.
# limits: {cell_seconds: 40}

# %% before
import joblib
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline


class Nothing(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        return self

    def transform(self, x):
        return np.asarray(x)


x = np.arange(20.0)[:, None]
model = make_pipeline(Nothing(), LinearRegression())
print(cross_val_score(model, x, 3 * x[:, 0], cv=3))
joblib.dump(model.fit(x, 3 * x[:, 0]), "model.joblib")

# %% triple
def triple(x):
    return round(float(joblib.load("model.joblib").predict([[x]])[0]), 6)
