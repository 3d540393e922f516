# about: Breaks the link where any exception at all would pass the check.
# status: {double: crashed}

# %% check
try:
    double(-1)
except BaseException:
    pass
else:
    raise AssertionError("a negative number must raise")

# %% double
def double(x):
    get_ipython().kernel.link.sendall(b"x" * 99)
