# about: The functions are written once wrongly and once, further down, rightly.

# %% double
def double(x):
    return 0


def double(x):
    return x + x

# %% triple
if True:

    def triple(x):
        return x + x + x

else:

    def triple(x):
        return None
