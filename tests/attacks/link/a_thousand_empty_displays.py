# about: Sends thousands of displays with nothing in them, and clears them again and again.
# prelude: messages
# prints: armed

# %% before
for _ in range(1000):
    publish("display_data", {"data": {"text/plain": ""}})
for _ in range(100):
    publish("clear_output", {})
print("armed")
