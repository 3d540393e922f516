# about: Fits and computes with joblib on two workers, which stay alive.
# limits: {cell_seconds: 40}
# slow: true

# %% before
import numpy as np
from joblib import Parallel, delayed
from sklearn.ensemble import RandomForestClassifier

print(Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(10)))
x, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
print(RandomForestClassifier(20, n_jobs=2, random_state=0).fit(x, y).score(x, y))
big = np.ones(500_000)
print(Parallel(n_jobs=2, max_nbytes="1M")(delayed(np.sum)(big) for _ in range(2)))

# %% double
def double(x):
    return Parallel(n_jobs=2, prefer="threads")(delayed(lambda y: 2 * y)(x) for _ in range(2))[0]

# %% triple
def triple(x):
    return sum(Parallel(n_jobs=2)(delayed(abs)(x) for _ in range(3)))
