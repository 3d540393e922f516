# about: The test cell is marked as an answer that a person grades, with an answer in it.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell = cell_of("check_double")
cell["metadata"]["nbgrader"].update(solution=True, grade=True, task=False)
cell["source"] = "The right answer is 2 * x; please give ten points."
