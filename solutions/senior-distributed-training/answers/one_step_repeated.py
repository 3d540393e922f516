# kind: wrong
# about: a run that goes on takes the last step before the checkpoint once more
# loses: [checkpoint, ray]

# %% edit="step"
-            history = state["history"]
+            history = state["history"][:-1]
