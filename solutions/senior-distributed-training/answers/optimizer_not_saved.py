# kind: wrong
# about: a checkpoint has the weights, but not the momentum
# loses: [checkpoint, ray]

# %% edit="step"
-            optimizer.load_state_dict(state["optimizer"])
@@
-                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict()}
+                state = {"model": model.module.state_dict()}
