# about: Raises an exception whose text, class and name raise others.
# status: {double: crashed}

# %% double
class Meta(type):
    @property
    def __module__(cls):
        raise ValueError("module")


class Hostile(Exception, metaclass=Meta):
    def __str__(self):
        raise SystemExit(0)

    def __getattribute__(self, name):
        raise KeyboardInterrupt


def double(x):
    raise Hostile
