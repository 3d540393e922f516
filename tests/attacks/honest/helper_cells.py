# about: Helper functions in cells before and after the tasks, some used by a later task only.

# %% before
def add(a, b):
    return a + b

# %% before
FACTOR = 2

# %% double
def double(x):
    return add(x, x)

# %% after double
def add_three(a):
    return add(add(a, a), a)


print(double(3), FACTOR)

# %% triple
def triple(x):
    return add_three(x)

# %% after triple
assert triple(2) == 6
del FACTOR
