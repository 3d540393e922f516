# kind: wrong
# about: all errors are answered with status 200; their code is in the body
# loses: [errors, docs]

# %% edit="errors.failures"
-    return Response(json.dumps(body.model_dump()), status, headers, media_type="application/json")
+    return Response(json.dumps(body.model_dump()), 200, headers, media_type="application/json")
