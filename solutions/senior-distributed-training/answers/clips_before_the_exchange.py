# kind: wrong
# about: each rank limits the norm of its own gradient, and then they are added up
# loses: [step, accumulate, communication]

# %% edit="accumulate"
-        quiet = piece is not pieces[-1]
-        with model.no_sync() if quiet else contextlib.nullcontext():
+        with model.no_sync():
@@
-        mean += loss.item()
-    return mean
+        mean += loss.item()
+    if config["clip"]:
+        nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
+    for weight in model.parameters():
+        if weight.requires_grad:
+            torch.distributed.all_reduce(weight.grad)
+    return mean
@@
-    if config["clip"]:  # after the exchange: the norm is that of the whole gradient
-        nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
