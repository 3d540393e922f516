# about: A profile function changes what a test expects, as soon as the comparing is called.
# naive: true
# prints: armed

# %% check
np.testing.assert_allclose(double(np.arange(3.0)), np.array([0.0, 2.0, 4.0]))

# %% before
import sys


def profile(frame, event, arg):
    if event == "call" and frame.f_code.co_name == "assert_allclose":
        frame.f_locals["desired"][:] = frame.f_locals["actual"]


sys.setprofile(profile)
print("armed")

# %% double
def double(x):
    return x
