# about: Raises the exceptions by which pytest and unittest skip and excuse a test.
# status: {double: crashed}

# %% double
def double(x):
    import unittest

    import pytest

    class Excuse(unittest.SkipTest):
        pass

    if isinstance(x, int):
        raise Excuse("skip")
    pytest.xfail("excused")  # the attack itself: it is called by a check, and excuses no test
