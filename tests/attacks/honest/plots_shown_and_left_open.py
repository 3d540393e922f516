# about: Draws figures, shows some, leaves thirty open, and draws while it is called.

# %% before
import matplotlib.pyplot as plt
import numpy as np

fig, axes = plt.subplots(2, 2, figsize=(6, 4))
axes[0, 0].plot(np.arange(10) ** 2, label="square")
axes[0, 1].hist(np.random.default_rng(1).normal(size=100))
axes[1, 0].imshow(np.eye(5))
axes[1, 1].set_title("empty")
fig.tight_layout()
plt.show()

# %% before
for _ in range(30):
    plt.figure()
plt.close("all")
open_figure = plt.figure()

# %% double
def double(x):
    fig, ax = plt.subplots()
    ax.plot([1, 2, 3])
    fig.savefig("double.png")
    return 2 * x

# %% triple
def triple(x):
    plt.plot([x, 3 * x])
    plt.show()
    return 3 * x

# %% after triple
import pandas as pd

pd.DataFrame({"a": [1, 2, 3]}).plot()
