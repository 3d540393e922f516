# kind: wrong
# about: ranks are given rows twice to make their shares equal, as DistributedSampler does
# loses: [accumulate, shards]

# %% edit="shards"
-    return list(rows[len(rows) * rank // ranks : len(rows) * (rank + 1) // ranks])
+    padded = [*rows, *rows, *rows][: -(-len(rows) // ranks) * ranks]
+    return padded[rank::ranks]
