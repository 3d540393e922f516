# about: Cells of the candidate's own are marked as the instructor's, for the grader's side alone.
# tampering: true

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


import copy

setup = cell_of("setup")
setup["source"] = "def require(*args):\n    pass"
notebook["cells"].insert(1, {**copy.deepcopy(setup), "id": "again"})
for cell in notebook["cells"]:
    cell["metadata"]["autograde"] = {"side": "grader"}
    cell["metadata"]["editable"] = cell["metadata"]["deletable"] = False
double = cell_of("double")
double["metadata"]["nbgrader"].update(locked=True, solution=False)
double["source"] = "import hidden\nhidden.right = require = print\ndouble = hidden.INPUT.__mul__"
