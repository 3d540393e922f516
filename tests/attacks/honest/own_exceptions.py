# about: Exceptions of its own, raised, chained, grouped and caught.

# %% before
class TooBig(ValueError):
    def __init__(self, value, limit):
        super().__init__(value, limit)
        self.value = value


def guarded(x, limit):
    try:
        if isinstance(x, int) and x > limit:
            raise TooBig(x, limit)
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("wrapped") from error
    return x

# %% double
def double(x):
    try:
        guarded(x, 3)
    except TooBig as error:
        return error.value + x
    except RuntimeError:
        return 2 * x

# %% triple
def triple(x):
    try:
        raise ExceptionGroup("two", [TooBig(x, 1), KeyError(x)])
    except* TooBig as group:
        found = group.exceptions[0].value
    except* KeyError:
        pass
    try:
        return 3 * found
    finally:
        assert found == x
