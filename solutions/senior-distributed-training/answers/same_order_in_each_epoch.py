# kind: wrong
# about: set_epoch is forgotten, every epoch has the order of the first
# loses: [shards]

# %% edit="shards"
-    epoch, place = divmod(step, steps_of_epoch(config))
-    first = place * config["batch"]
-    return job.order(config, epoch)[first : first + config["batch"]]
+    first = step % steps_of_epoch(config) * config["batch"]
+    return job.order(config, 0)[first : first + config["batch"]]
