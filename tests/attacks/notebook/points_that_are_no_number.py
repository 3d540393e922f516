# about: The points of the tests are texts, lists, and not a number at all.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell_of("check_double")["metadata"]["nbgrader"]["points"] = float("nan")
cell_of("check_triple")["metadata"]["nbgrader"]["points"] = ["10", {"points": 10}]
