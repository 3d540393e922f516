# about: Sends messages whose version, date, parent and content are not what they must be.
# prelude: messages
# prints: armed

# %% before
STREAM = {"name": "stdout", "text": "x"}
publish("stream", STREAM, change={"version": 5})
publish("stream", STREAM, change={"version": None})
publish("stream", STREAM, change={"version": "x.y"})
publish("stream", STREAM, change={"date": "now" * 99})
publish("stream", STREAM, {"header": [1]})
publish("stream", STREAM, change={"msg_id": ["x"], "msg_type": {"a": 1}})
publish("stream", [1, 2])
publish("stream", {"name": ["stdout"], "text": eval("[" * 90 + "]" * 90)})
publish("error", {"traceback": {"a": 1}, "ename": [], "evalue": None})
publish("display_data", {"data": ["text/plain"]})
publish("display_data", {"data": {"text/plain": 7, "image/png": ["x"]}})
