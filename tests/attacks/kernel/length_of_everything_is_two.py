# about: The builtin `len`, which everything needs, always says two.
# limits: {cell_seconds: 2}

# The kernel itself needs it too: the cell never ends, is taken out, and the rest is graded.

# %% before
import builtins

builtins.len = lambda thing: 2
