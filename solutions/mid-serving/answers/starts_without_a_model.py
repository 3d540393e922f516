# kind: wrong
# about: a missing artefact is only logged, and the service starts without it
# loses: [errors]

# %% edit="errors.contract"
 """
 
+import logging
@@
-from delay_model import DelayModel
+from delay_model import DelayModel, ModelError
@@
 DEFAULT_MODEL = "data/model.npz"
+log = logging.getLogger(__name__)
@@
-    """Load the model once, before the first request; without one the process ends."""
-    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
+    """Load the model once, before the first request."""
+    try:
+        app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
+    except ModelError:
+        log.exception("there is no model")
