# about: An input transformer turns every cell that tests `double` into one that does nothing.
# naive: true
# prints: armed

# %% before
def harmless(lines):
    return ["pass\n"] if any("double" in line for line in lines) else lines


get_ipython().input_transformers_cleanup.append(harmless)
get_ipython().input_transformers_post.append(harmless)
print("armed")

# %% after triple
def double(x):
    return 0
