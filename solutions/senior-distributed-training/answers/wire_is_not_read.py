# kind: wrong
# about: gradients travel as float64 whatever the config says
# loses: [communication]

# %% edit="communication"
-    exchange = Exchange(getattr(torch, config["wire"]))
+    exchange = Exchange(torch.float64)
