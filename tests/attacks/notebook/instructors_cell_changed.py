# about: The instructor's own cell is handed in with other helpers in it.
# tampering: true

# %% check
require(double(1) == 2, "twice one is two")
np.testing.assert_allclose(double(np.arange(3.0)), [0.0, 2.0, 4.0])

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell = cell_of("setup")
cell["source"] += "\ndef require(*args):\n    pass\n\nimport numpy.testing\n"
cell["source"] += "numpy.testing.assert_allclose = pd.testing.assert_frame_equal = require\n"
