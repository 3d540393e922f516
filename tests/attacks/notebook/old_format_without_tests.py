# about: The notebook is handed in as nbformat 3, with worksheets and without test cells.
# tampering: true

# %% notebook
kept = [c for c in notebook.pop("cells") if not c["metadata"].get("nbgrader", {}).get("grade")]
for cell in kept:
    cell["input"] = cell.pop("source")
notebook["worksheets"] = [{"cells": kept, "metadata": {}}]
notebook["nbformat"], notebook["nbformat_minor"] = 3, 0
