# kind: wrong
# about: the last, smaller step of an epoch is left out
# loses: [shards]

# %% edit="shards"
-    return -(-config["rows"] // config["batch"])
+    return config["rows"] // config["batch"]
