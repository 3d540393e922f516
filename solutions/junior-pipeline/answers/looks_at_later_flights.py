# kind: wrong
# about: calls a builder leaky because later flights differ
# loses: [leak_tests]

# %% task="leak_tests.leaks"
def leaks(before, after, as_of, now):
    """Return whether a feature that was made by now depends on what came later."""
    by_now = as_of == as_of
    return alone_differs(after[by_now], before[by_now])
