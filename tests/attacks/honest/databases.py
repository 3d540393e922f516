# about: SQLite in memory and in a file, by itself and through pandas.

# %% before
import sqlite3

import pandas as pd

memory = sqlite3.connect(":memory:")
memory.execute("CREATE TABLE factor (name TEXT PRIMARY KEY, value INTEGER)")
memory.executemany("INSERT INTO factor VALUES (?, ?)", [("double", 2), ("triple", 3)])
with sqlite3.connect("own.db") as file:
    pd.DataFrame({"value": [3]}).to_sql("factors", file, if_exists="replace", index=False)


def factor(name):
    return memory.execute("SELECT value FROM factor WHERE name = ?", (name,)).fetchone()[0]

# %% double
def double(x):
    return factor("double") * x

# %% triple
def triple(x):
    return int(pd.read_sql("SELECT value FROM factors", sqlite3.connect("own.db")).iloc[0, 0]) * x
