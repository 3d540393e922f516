# kind: wrong
# about: one worker, whatever is asked for
# loses: [ray]

# %% edit="ray"
-            num_workers=config["workers"], use_gpu=config["device"] == "cuda"
+            num_workers=1, use_gpu=config["device"] == "cuda"
