# about: Forty copies of the answer's cell are handed in, before and after the tests.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


import copy

cell = cell_of("double")
for number in range(40):
    place = number % len(notebook["cells"])
    notebook["cells"].insert(place, copy.deepcopy(cell))
