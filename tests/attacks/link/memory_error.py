# about: Raises a MemoryError of its own making, as if the grader had too little.
# status: {double: out of memory}

# %% double
def double(x):
    raise MemoryError("the grader has too little memory")
