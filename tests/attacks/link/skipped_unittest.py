# about: Skips the test case from within, which counts as a success.
# status: {double: wrong}
# naive: true

# %% double
def double(x):
    import unittest

    raise unittest.SkipTest("not today")

# %% check
import io, unittest
import hidden
hidden.Judge.function = double
suite = unittest.defaultTestLoader.loadTestsFromTestCase(hidden.Judge)
assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()
