# about: The test cell is not handed in at all.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


notebook["cells"].remove(cell_of("check_double"))
