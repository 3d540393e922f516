# kind: wrong
# about: the header X-Request-ID is absent from errors
# loses: [errors]

# %% edit="errors"
-                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
+                if status < 400:
+                    message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
