# kind: wrong
# about: one bucket for all gradients, so their exchange begins when the backward pass has ended
# loses: [communication]

# %% edit="communication"
-        model, bucket_cap_mb=size / BUCKETS / 2**20, forward_sync_buffers=False
+        model, forward_sync_buffers=False
