# kind: wrong
# about: the model is asked in the event loop
# loses: [performance]

# %% edit="performance"
-"""The way from flights to probabilities, without keeping the event loop waiting.
+"""The way from flights to probabilities.
@@
-from anyio import to_thread
@@
-    """Ask the model once for all flights, in a thread: the event loop goes on answering.
+    """Ask the model once for all flights.
@@
-    return await to_thread.run_sync(predict)
+    return predict()
