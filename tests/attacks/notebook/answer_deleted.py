# about: The answer's cell is missing, and another defines a class that is called like it.
# tampering: true

# %% before
class double(int):
    def __new__(cls, x):
        return x

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


notebook["cells"].remove(cell_of("double"))
