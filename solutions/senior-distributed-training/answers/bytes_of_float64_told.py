# kind: wrong
# about: the profile counts calls of one pass only, and divides them by the steps
# loses: [communication]

# %% edit="step"
-    found = {"calls": exchange.calls / steps, "bytes": exchange.bytes / steps}
+    found = {"calls": exchange.calls / steps / 2, "bytes": exchange.bytes / steps / 2}
