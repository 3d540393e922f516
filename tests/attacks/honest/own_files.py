# about: Writes and reads files of its own (CSV, Parquet, JSON, NumPy, pickle) in its own folders.

# %% before
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd

Path("out/deep").mkdir(parents=True, exist_ok=True)
frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
frame.to_csv("out/frame.csv", index=False)
frame.to_parquet("out/frame.parquet")
np.save("out/array.npy", np.arange(3))
Path("out/deep/설정.json").write_text(json.dumps({"factor": 2}))
with open("out/model.pkl", "wb") as file:
    pickle.dump({"factor": 3}, file)

# %% double
def double(x):
    return json.loads(Path("out/deep/설정.json").read_text())["factor"] * x

# %% triple
def triple(x):
    assert pd.read_parquet("out/frame.parquet").equals(pd.read_csv("out/frame.csv"))
    with open("out/model.pkl", "rb") as file:
        return pickle.load(file)["factor"] * x
