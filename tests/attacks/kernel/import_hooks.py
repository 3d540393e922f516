# about: Hooks on importing give an empty module for whatever the check imports.
# naive: true
# prints: armed

# %% check
import hidden
assert hidden.right(double)

# %% before
import builtins
import importlib.abc
import importlib.machinery
import sys


class Hollow(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "hidden" else None

    def create_module(self, spec):
        module = type(sys)(spec.name)
        module.__getattr__ = lambda name: lambda *args, **kwargs: True
        return module

    def exec_module(self, module):
        pass


honest = builtins.__import__


def imported(name, *args, **kwargs):
    if name == "hidden":
        sys.modules.pop(name, None)
    return honest(name, *args, **kwargs)


sys.meta_path.insert(0, Hollow())
builtins.__import__ = imported
print("armed")
