# about: The test cell is handed in as a raw cell of an old format.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell = cell_of("check_double")
cell["cell_type"] = "raw"
cell.pop("outputs"), cell.pop("execution_count")
