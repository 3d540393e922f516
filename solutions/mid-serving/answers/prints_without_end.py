# kind: wrong
# about: a thread of the app writes lines to standard output without end
# loses: [errors]

# %% edit="errors.contract"
 import os
+import sys
+import threading
@@
 DEFAULT_MODEL = "data/model.npz"
+
+
+def tell_that_it_lives() -> None:
+    """Write a line again and again."""
+    while True:
+        sys.stdout.write("the service is alive\n")
+        sys.stdout.flush()
+
+
+alive = threading.Thread(target=tell_that_it_lives, daemon=True)
@@
     app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
+    if not alive.ident:
+        alive.start()
