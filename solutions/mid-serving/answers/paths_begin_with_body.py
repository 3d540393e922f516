# kind: wrong
# about: the paths of fields are FastAPI's, body.hour in place of hour
# loses: [errors]

# %% edit="errors.failures"
-        FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=problem["msg"])
+        FieldProblem(path=".".join(map(str, problem["loc"])), problem=problem["msg"])
