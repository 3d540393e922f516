# about: The functions count their calls and keep what they were given.

# %% double
count, kept = 0, []


def double(x):
    global count
    count += 1
    kept.append(x)
    return 2 * x

# %% triple
def triple(x, cache={}):
    cache[x] = 3 * x
    return cache[x]
