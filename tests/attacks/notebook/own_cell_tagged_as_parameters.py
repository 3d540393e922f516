# about: A cell of the candidate's own is tagged as papermill's parameters, which run on both sides.
# prints: own cell

# %% before
import sys

for module in list(sys.modules.values()):
    if hasattr(module, "require"):
        module.require = lambda *args: None
print("own cell")
require = right = lambda *args: True

# %% notebook
for cell in notebook["cells"]:
    cell["metadata"]["tags"] = ["parameters", "injected-parameters"]
    cell["metadata"]["papermill"] = {"status": "completed", "exception": False}
