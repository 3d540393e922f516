# about: Abstract base classes, properties, class methods and super() around a simple product.

# %% before
from abc import ABC, abstractmethod


class Scaler(ABC):
    registry = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Scaler.registry[cls.__name__] = cls

    @property
    @abstractmethod
    def factor(self): ...

    @classmethod
    def make(cls, name):
        return cls.registry[name]()

    def scale(self, x):
        return self.factor * x


class Double(Scaler):
    factor = 2


class Triple(Double):
    @property
    def factor(self):
        return super().factor + 1

# %% double
double = Scaler.make("Double").scale

# %% triple
triple = Scaler.make("Triple").scale
