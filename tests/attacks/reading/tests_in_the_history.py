# about: Prints what ran in its own kernel, from history, inputs and all messages in and out.
# prints: listening

# %% before
session = get_ipython().kernel.session
heard, send, deserialize = [], session.send, session.deserialize


def send_and_hear(stream, message, *args, **kwargs):
    heard.append((message, args, kwargs))
    return send(stream, message, *args, **kwargs)


def deserialize_and_hear(*args, **kwargs):
    heard.append(deserialize(*args, **kwargs))
    return heard[-1]


session.send, session.deserialize = send_and_hear, deserialize_and_hear
print("listening")

# %% after double
found = [*In, *get_ipython().history_manager.get_range(output=False), *heard]
# Not this cell, nor the one that listens.
foreign = [str(text) for text in found if "heard" not in str(text)]
print(len(heard), foreign)
print("__WON__" if any("assert double" in text for text in foreign) else "")
