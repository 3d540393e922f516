# kind: wrong
# about: the model is loaded when service.app is imported
# loses: [quality]

# %% edit="errors.contract"
-DEFAULT_MODEL = "data/model.npz"
+MODEL = DelayModel.load(os.environ.get("MODEL_PATH", "data/model.npz"))
@@
-    """Load the model once, before the first request; without one the process ends."""
-    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
+    """Give the model to the app."""
+    app.state.model = MODEL
