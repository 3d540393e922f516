# kind: wrong
# about: the one before is deleted, and before the new one is written at that
# loses: [checkpoint]

# %% edit="checkpoint"
-    part = folder / f"part-{step:08d}"
+    for old in folder.glob("step-*"):
+        old.unlink()
+    part = folder / f"part-{step:08d}"
