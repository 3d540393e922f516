# kind: wrong
# about: calls every builder leaky
# loses: [leak_tests]

# %% task="leak_tests.leaks"
def leaks(before, after, as_of, now):
    """Return whether a feature that was made by now depends on what came later."""
    return True
