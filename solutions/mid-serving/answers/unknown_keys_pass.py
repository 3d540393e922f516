# kind: wrong
# about: unknown keys are ignored
# loses: [errors]

# %% edit="errors.refused"
-    """Base of all bodies: no conversion between types, no unknown key, no NaN."""
+    """Base of all bodies: no conversion between types, no NaN."""
 
-    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
+    model_config = ConfigDict(strict=True, allow_inf_nan=False)
