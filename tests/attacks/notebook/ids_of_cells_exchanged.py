# about: The two tasks' answers are handed in under each other's ids, and so are the tests.
# scores: {double: 0, triple: 10}

# Each cell defines its own function wherever it stands, so the honest one is still found.

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


one, other = cell_of("double"), cell_of("triple")
one["metadata"]["nbgrader"]["grade_id"] = "triple"
other["metadata"]["nbgrader"]["grade_id"] = "double"
