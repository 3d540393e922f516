# kind: wrong
# about: the answer to an invalid body quotes the value, which fails for NaN
# loses: [errors]

# %% edit="errors.failures"
-        FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=problem["msg"])
+        FieldProblem(
+            path=".".join(map(str, problem["loc"][1:])),
+            problem=f"{problem['msg']}: {json.dumps(problem['input'], allow_nan=False)}",
+        )
