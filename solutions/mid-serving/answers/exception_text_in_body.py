# kind: wrong
# about: the message of a 503 quotes the model's exception
# loses: [errors]

# %% edit="errors.failures"
-    status: int, fields: Sequence[FieldProblem] = (), headers: dict[str, str] | None = None
+    status: int,
+    fields: Sequence[FieldProblem] = (),
+    headers: dict[str, str] | None = None,
+    reason: object = None,
 ) -> Response:
-    """Make the response for one error; nothing of an exception's text gets into it."""
+    """Make the response for one error, with the reason if one is known."""
     code, message = ERRORS[status]
+    message = f"{message}: {reason}" if reason else message
@@
-    return failure(503)
+    return failure(503, reason=error.__cause__)
