# about: Progress bars that overwrite their line, by hand and by tqdm.

# %% before
import sys
import time

from IPython.display import clear_output

for done in range(101):
    print(f"\r[{'#' * (done // 5):<20}] {done} %", end="", flush=True)
print()
for step in range(3):
    clear_output(wait=True)
    print("step", step)

# %% double
try:
    from tqdm import tqdm
    from tqdm.auto import trange
except ImportError:
    tqdm, trange = iter, range


def double(x):
    for _ in tqdm(range(20), desc="double", file=sys.stderr):
        pass
    return 2 * x

# %% triple
def triple(x):
    return sum(x for _ in trange(3))
