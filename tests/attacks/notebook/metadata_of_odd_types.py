# about: nbgrader's metadata are lists, numbers and texts where it looks for something else.

# %% notebook
def cell_of(name):
    """The cell with that grade id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


mark = cell_of("check_double")["metadata"]["nbgrader"]
mark.update(schema_version=[99], checksum=-1, locked="no", grade=0, cell_type=["code"], task={})
extra = {"cell_type": "code", "source": "10.0", "outputs": [], "execution_count": None}
odd_marks = ["x", ["check_double"], *({"grade_id": odd} for odd in (7, None, "../../check"))]
for odd in odd_marks:
    notebook["cells"].append({**extra, "metadata": {"nbgrader": odd}})
notebook["cells"] += [7, None, "cell", [], {"cell_type": "unknown"}, {**extra, "metadata": None}]
