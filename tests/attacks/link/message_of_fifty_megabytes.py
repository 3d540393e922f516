# about: Sends one message with fifty megabytes of text.
# prelude: messages
# prints: armed

# %% before
publish("stream", {"name": "stdout", "text": "armed " + "x" * 50_000_000})
