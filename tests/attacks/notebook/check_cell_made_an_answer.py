# about: The test cell is marked as a solution cell that has no points.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell = cell_of("check_double")
cell["metadata"]["nbgrader"].update(solution=True, grade=False, locked=False)
cell["source"] = "pass\n"
