# kind: wrong
# about: each rank works on all rows of a step, and the mean of equal gradients is right
# loses: [step, accumulate, shards, communication]

# %% edit="shards"
-    return list(rows[len(rows) * rank // ranks : len(rows) * (rank + 1) // ranks])
+    return list(rows)

# %% edit="accumulate"
-            loss = job.losses(model, x[piece], y[piece]).sum() / of
+            loss = job.losses(model, x[piece], y[piece]).sum() / of
+            loss = loss / torch.distributed.get_world_size()
