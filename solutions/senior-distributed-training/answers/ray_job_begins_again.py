# kind: wrong
# about: after a lost worker the job begins again from the start; its result is right
# loses: [ray]

# %% edit="ray"
-    train(config)
+    train({**config, "checkpoints": None})
