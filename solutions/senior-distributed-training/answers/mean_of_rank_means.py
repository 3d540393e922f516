# kind: wrong
# about: the mean of the ranks' means, which is not that of all rows if ranks have other numbers of them
# loses: [accumulate, shards]

# %% edit="accumulate"
-            loss = job.losses(model, x[piece], y[piece]).sum() / of
+            loss = job.losses(model, x[piece], y[piece]).sum() / max(1, len(own))
+            loss = loss / torch.distributed.get_world_size()
