# about: The functions are a lambda and a method of the number three.

# %% double
double = lambda x: 2 * x

# %% triple
triple = (3).__mul__
