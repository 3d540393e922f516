# kind: wrong
# about: broadcast_buffers=False, which also leaves out the buffers of the beginning
# loses: [step, accumulate, shards, communication, checkpoint, ray]

# %% edit="communication"
-        model, bucket_cap_mb=size / BUCKETS / 2**20, forward_sync_buffers=False
+        model, bucket_cap_mb=size / BUCKETS / 2**20, broadcast_buffers=False
