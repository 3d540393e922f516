# kind: wrong
# about: a failure of the model is an internal error, 500
# loses: [errors, docs]

# %% edit="errors.failures"
-    return failure(503)
+    return failure(500)
