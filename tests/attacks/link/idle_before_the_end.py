# about: Says that it is idle before it has done anything.
# prelude: messages
# prints: armed

# %% before
publish("status", {"execution_state": "idle"})
publish("status", {"execution_state": ["idle"]})
publish("status", {})
