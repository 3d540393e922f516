# kind: wrong
# about: no no_sync, so gradients travel for every piece; the weights are right
# loses: [accumulate]

# %% edit="communication"
-        return future.then(lambda done: flat.copy_(done.value()[0]))
+        return future.then(lambda done: flat.copy_(done.value()[0] / dist.get_world_size()))

# %% edit="accumulate"
-        quiet = piece is not pieces[-1]
+        quiet = False
@@
-            loss.backward()
+            (loss * torch.distributed.get_world_size()).backward()
