# kind: wrong
# about: a content type with parameters is refused
# loses: [errors]

# %% edit="errors.contract"
-                kind = request.headers.get("content-type", "").partition(";")[0]
-                if kind.strip().lower() != "application/json":
+                if request.headers.get("content-type") != "application/json":
