# kind: wrong
# about: a body that is no JSON is answered with 422
# loses: [errors, docs]

# %% edit="errors.failures"
-    """Answer a body that is no JSON or does not fit its schema."""
+    """Answer a body that does not fit its schema."""
     assert isinstance(error, RequestValidationError)
     problems = error.errors()
-    if any(problem["type"] == "json_invalid" for problem in problems):
-        return failure(400)
