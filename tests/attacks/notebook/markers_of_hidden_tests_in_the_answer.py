# about: The answer and a cell beside it contain the markers of hidden tests and of solutions.
# prints: still here

# %% before
### BEGIN HIDDEN TESTS
print("still here")
### END HIDDEN TESTS
### BEGIN SOLUTION

# %% double
### BEGIN HIDDEN TESTS
def double(x):
    ### END SOLUTION
    return 0
    ### BEGIN HIDDEN TESTS

# %% after double
### END HIDDEN TESTS
# AUTOTEST double(1)
### HASHED AUTOTEST double(2)
