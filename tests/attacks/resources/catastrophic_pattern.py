# about: Matches a pattern that takes exponential time.
# limits: {cell_seconds: 2}
# status: {double: timed out}
# slow: true

# %% double
import re


def double(x):
    return len(re.findall(r"(a|aa)+$", "a" * 45 + "b"))
