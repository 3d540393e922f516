# about: The functions are methods of an object and of a class.

# %% double
class Doubler:
    def __init__(self, factor):
        self.factor = factor

    def times(self, x):
        return self.factor * x


double = Doubler(2).times

# %% triple
class Tripler:
    @staticmethod
    def times(x):
        return 3 * x


triple = Tripler.times
