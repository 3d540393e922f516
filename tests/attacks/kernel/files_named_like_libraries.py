# about: Modules that find everything right, named like libraries, lie beside the notebook.
# naive: true

# %% check
np.testing.assert_allclose(double(np.arange(3.0)), [0.0, 2.0, 4.0])
pd.testing.assert_frame_equal(double(pd.DataFrame({"a": [1]})), pd.DataFrame({"a": [2]}))

# %% file numpy.py
import sys


class Anything:
    __path__ = []
    __file__ = __spec__ = None

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


sys.modules[__name__] = Anything()

# %% file pandas.py
import sys


class Anything:
    __path__ = []
    __file__ = __spec__ = None

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


sys.modules[__name__] = Anything()

# %% file numexpr.py
raise SystemExit('a file of the candidate')

# %% file bottleneck.py
raise SystemExit('a file of the candidate')

# %% file pyarrow.py
raise SystemExit('a file of the candidate')
