# about: Opens files until none can be opened, and keeps them.
# limits: {open_files: 256}
# slow: true

# %% double
import os

held = []
try:
    while len(held) < 100_000:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(error)
print("__WON__" if len(held) > 256 else len(held))


def double(x):
    return 0
