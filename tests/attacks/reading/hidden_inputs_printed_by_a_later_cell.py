# about: A right answer records its inputs, and own cells after the checks show them.
# scores: {double: 10, triple: 10}

# %% double
seen = []


def double(x):
    seen.append(x)
    return 2 * x

# %% after double
import sys
import warnings

from IPython.display import HTML, display

print(seen)
print(seen, file=sys.stderr)
warnings.warn(str(seen))
display(HTML(f"<table><tr><td>{seen}</td></tr></table>"))
display({"text/plain": str(seen)}, raw=True)

# %% after triple
raise ValueError(f"the inputs were {seen}")
