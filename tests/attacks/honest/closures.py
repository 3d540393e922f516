# about: Closures with nonlocal state, default arguments, lambdas in containers, global state.

# %% before
def counter():
    count = 0

    def up():
        nonlocal count
        count += 1
        return count

    return up


calls = counter()
times = {n: lambda x, n=n: n * x for n in range(5)}

# %% double
def double(x, /, *_, **__):
    global last
    last = calls()
    return times[2](x)

# %% triple
triple = (lambda f: lambda x: f(f, x, 3))(lambda f, x, n: x + f(f, x, n - 1) if n else 0)

# %% after triple
print(last, calls())
