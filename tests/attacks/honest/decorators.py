# about: Decorators with and without arguments, stacked, timing and counting calls.

# %% before
import functools
import time

calls = {}


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        begun = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__}: {time.perf_counter() - begun:.6f} s")

    return wrapper


def counted(name):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            calls[name] = calls.get(name, 0) + 1
            return function(*args, **kwargs)

        return wrapper

    return decorate

# %% double
@timed
@counted("double")
def double(x):
    return 2 * x

# %% after double
print(calls)

# %% triple
@counted(name="triple")
@timed
def triple(x):
    return 3 * x
