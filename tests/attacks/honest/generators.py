# about: Generators, yield from, send() and context managers made of generators.

# %% before
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def noted(what):
    print("begin", what)
    try:
        yield what
    finally:
        print("end", what)


def running():
    total = 0
    while True:
        total += yield total


def copies(x, count):
    yield x
    if count > 1:
        yield from copies(x, count - 1)

# %% double
def double(x):
    with noted("double"), suppress(ZeroDivisionError):
        first, second = copies(x, 2)
        return first + second

# %% triple
def triple(x):
    adder = running()
    next(adder)
    with ExitStack() as stack:
        stack.callback(adder.close)
        return [adder.send(part) for part in copies(x, 3)][-1]
