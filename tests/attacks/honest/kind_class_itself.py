# about: The function is a class whose instances are the answer.

# %% triple
class triple(int):
    def __new__(cls, x):
        return 3 * x
