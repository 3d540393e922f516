# about: Two thousand empty cells of the candidate's own surround the tasks.

# %% notebook
empty = {"cell_type": "code", "source": "", "outputs": [], "execution_count": None, "metadata": {}}
text = {"cell_type": "markdown", "source": "-", "metadata": {}}
notebook["cells"] = [dict(text) for _ in range(2000)] + notebook["cells"] + [dict(empty)] * 20
