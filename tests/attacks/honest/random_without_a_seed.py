# about: Draws random numbers of every library, without a seed, and seeds globally elsewhere.

# %% before
import random
import secrets
import uuid

import numpy as np

print(random.random(), np.random.rand(), secrets.token_hex(4), uuid.uuid4())

# %% double
def double(x):
    noise = np.random.normal(size=100)
    random.shuffle(list(noise))
    return 2 * x

# %% triple
np.random.seed(0)
random.seed(0)


def triple(x):
    return 3 * x + random.choice([0]) * np.random.default_rng().random()
