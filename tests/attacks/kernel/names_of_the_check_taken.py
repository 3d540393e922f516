# about: The answer's cell defines every name that the check uses, each in its own favour.
# naive: true
# prints: armed

# %% check
require(double(1) == 2, "twice one is two")
np.testing.assert_allclose(double(np.arange(3.0)), [0.0, 2.0, 4.0])
pd.testing.assert_frame_equal(double(pd.DataFrame({"a": [1]})), pd.DataFrame({"a": [2]}))

# %% double
class Everything:
    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


np = pd = require = plain = call = hidden = Everything()
points = score = total = 10
print("armed")


def double(x):
    return 0
