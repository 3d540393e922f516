# kind: wrong
# about: probabilities are rounded to three digits
# loses: [errors]

# %% edit="performance"
-        values: list[float] = found.tolist()
+        values: list[float] = found.round(3).tolist()
