# about: The cells are handed in backwards, so that tests run before what they test.

# %% notebook
notebook["cells"].reverse()
