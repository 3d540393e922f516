# about: A transformer of syntax trees takes every assertion out of the cells that follow.
# naive: true
# prints: armed

# %% check
assert double(1) == 2
assert double(21) == 42

# %% before
import ast


class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


get_ipython().ast_transformers.append(Drop())
print("armed")
