# about: Takes modules out of sys.modules and the builtins out of the notebook.
# prints: armed

# %% before
import sys

print("armed")
for name in list(sys.modules):
    if name.startswith(("unittest", "json", "autograde", "numpy.testing", "pandas.testing")):
        del sys.modules[name]
del __builtins__
