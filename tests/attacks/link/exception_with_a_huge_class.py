# about: Raises an exception whose class and module have names of 100 000 letters.
# status: {double: crashed}

# %% double
def double(x):
    kind = type("a" * 100_000, (ValueError,), {"__module__": "b" * 100_000})
    for _ in range(60):
        kind = type("c" * 1000, (kind,), {})
    raise kind("d" * 100_000)
