# about: A cell of the candidate's own has the notebook id of the real test cell.

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


cell = cell_of("check_double")
own = {"cell_type": "code", "source": "10.0", "outputs": [], "execution_count": None}
notebook["cells"].insert(0, {**own, "id": cell["id"], "metadata": {}})
cell["id"] = "another"
