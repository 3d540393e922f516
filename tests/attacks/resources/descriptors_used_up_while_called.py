# about: Opens files until none can be opened, while it is called.
# limits: {open_files: 256}
# status: {double: crashed}
# says: {double: limit of open files}

# %% double
def double(x):
    held = [open("/dev/null") for _ in range(100_000)]
    print("__WON__", len(held))
    return 0
