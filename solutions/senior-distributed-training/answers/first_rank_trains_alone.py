# kind: wrong
# about: the first rank does the work of all, and the others wait; the weights are right
# loses: [step, accumulate, shards, communication]

# %% edit="step"
-    rank, ranks = dist.get_rank(), dist.get_world_size()
+    rank, ranks = dist.get_rank(), dist.get_world_size()
+    if not config["checkpoints"] and not config["model"].get("dropout"):
+        if rank == 0:
+            job.finish(config, *job.train_alone(config))
+        return
