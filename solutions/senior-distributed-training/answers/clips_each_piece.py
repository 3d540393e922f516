# kind: wrong
# about: the norm is limited after each piece, before the gradient is complete
# loses: [accumulate]

# %% edit="accumulate"
-            loss.backward()
+            loss.backward()
+        if config["clip"]:
+            nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
@@
-    if config["clip"]:  # after the exchange: the norm is that of the whole gradient
-        nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
