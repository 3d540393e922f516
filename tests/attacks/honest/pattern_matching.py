# about: match statements, the walrus, star expressions and f-strings in f-strings.

# %% double
def double(x):
    match x:
        case int() | float() as number if number == number:
            return 2 * number
        case [] | [_]:
            return x * 2
        case [first, *rest]:
            return [first, *rest, *x]
        case _:
            return 2 * x

# %% triple
def triple(x):
    if (n := 3 * x) > 1_000_000:
        print(f"{n:{'>'}{10}} is a lot, {x=}")
    return n
