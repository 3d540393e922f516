# kind: wrong
# about: any text is taken as a request id
# loses: [errors]

# %% edit="errors"
-import re
@@
-GOOD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
@@
-        own = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
+        own = given or uuid.uuid4().hex
@@
-                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
+                message["headers"] = [*message["headers"], (b"x-request-id", own.encode("latin-1"))]
