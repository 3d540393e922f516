# kind: wrong
# about: the losses of all pieces are added up before one backward pass, so all of them stay in memory
# loses: [accumulate]

# %% edit="accumulate"
-    mean = 0.0
-    for piece in pieces:
-        quiet = piece is not pieces[-1]
-        with model.no_sync() if quiet else contextlib.nullcontext():
-            loss = job.losses(model, x[piece], y[piece]).sum() / of
-            loss.backward()
-        mean += loss.item()
-    return mean
+    loss = sum(job.losses(model, x[piece], y[piece]).sum() / of for piece in pieces)
+    loss.backward()
+    return loss.item()
