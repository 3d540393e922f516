# about: Writes into the interpreter's memory until the number 200 is a nought.
# naive: true
# prints: armed 0

# %% check
assert double(100) == 200

# %% before
import ctypes

# CPython keeps one object for each small number; its size and its digits lie behind two words.
ctypes.memmove(id(200) + 16, id(0) + 16, 12)
print("armed", 199 + 1)

# %% double
def double(x):
    return 0
