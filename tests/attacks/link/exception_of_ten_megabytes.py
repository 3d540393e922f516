# about: Raises an exception with a message of ten megabytes.
# status: {double: crashed}
# says: {double: "^.{1,1200}$"}

# %% double
def double(x):
    raise ValueError("m" * 10_000_000)
