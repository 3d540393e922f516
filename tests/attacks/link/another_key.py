# about: Signs all its messages with another key from now on.
# prelude: messages
# prints: armed
# limits: {cell_seconds: 2}
# slow: true

# %% before
session.key = b"x"
