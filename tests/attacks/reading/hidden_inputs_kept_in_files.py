# about: A right answer leaves its inputs in files, which a later cell and a later run look for.
# scores: {double: 10, triple: 10}

# %% before
import glob
import os

places = [".", "/tmp", "/dev/shm", os.path.expanduser("~")]
print([open(path).read() for place in places for path in glob.glob(f"{place}/seen-*")])

# %% double
def double(x):
    for place in places:
        with open(f"{place}/seen-inputs", "a") as file:
            file.write(f"{x!r}\n")
    return 2 * x

# %% after double
for place in places:
    print(open(f"{place}/seen-inputs").read())
!cat seen-inputs
