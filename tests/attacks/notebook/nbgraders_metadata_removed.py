# about: No cell is handed in with nbgrader's metadata, so none has a test.
# scores: {double: 0, triple: 0}
# tampering: true

# Which cell answers `triple` cannot be known any more: it runs as a cell of the candidate's own,
# and the released stub comes after it.

# %% notebook
for cell in notebook["cells"]:
    cell["metadata"] = {}
