# about: Returns a class whose class says that everything is an instance and equal.
# naive: true
# status: {double: wrong}

# %% check
assert isinstance(double(1), int) and double(1) == 2

# %% double
class Meta(type):
    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return 0

    @property
    def __class__(cls):
        return int


class Lying(metaclass=Meta):
    pass


def double(x):
    return Lying
