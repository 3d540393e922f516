# about: Cells are left open in the hope that what comes after them becomes part of them.

# %% before
if False:
    """

# %% double
def double(x):
    return 0
"""

# %% after double
"""
