# kind: wrong
# about: the tests want the words that this service uses in messages
# loses: [tests]

# %% edit="tests"
 MIB = 1024 * 1024
+MESSAGES = {
+    "malformed": "the body is not JSON",
+    "not_found": "there is nothing at this path",
+    "method_not_allowed": "this path does not know this method",
+    "too_large": "the body is larger than 1 MiB",
+    "unsupported": "the content type of a request is application/json",
+    "invalid": "the request does not fit its schema",
+    "internal": "something went wrong on our side",
+    "model_failure": "the model cannot answer now",
+}
@@
-    assert isinstance(body["error"]["message"], str)
+    assert body["error"]["message"] == MESSAGES[code]
