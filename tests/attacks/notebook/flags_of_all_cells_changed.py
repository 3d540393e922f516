# about: Every cell is handed in unlocked, ungraded and as a solution.
# tampering: true

# %% notebook
for cell in notebook["cells"]:
    cell["metadata"].get("nbgrader", {}).update(locked=False, grade=False, solution=True)
