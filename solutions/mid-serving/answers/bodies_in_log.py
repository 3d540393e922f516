# kind: wrong
# about: the log tells which values were refused
# loses: [errors]

# %% edit="errors.failures"
         return failure(400)
+    log.warning("invalid request: %s", problems)
