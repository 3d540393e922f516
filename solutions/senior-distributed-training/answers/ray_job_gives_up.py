# kind: wrong
# about: the job does not survive a lost worker
# loses: [ray]

# %% edit="ray"
-            failure_config=FailureConfig(max_failures=FAILURES),
+            failure_config=FailureConfig(max_failures=0),
