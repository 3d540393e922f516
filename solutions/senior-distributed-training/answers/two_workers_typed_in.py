# kind: wrong
# about: the number of workers is that of the example, whatever is asked for
# loses: [ray]

# %% edit="ray"
-            num_workers=config["workers"], use_gpu=config["device"] == "cuda"
+            num_workers=2, use_gpu=config["device"] == "cuda"
