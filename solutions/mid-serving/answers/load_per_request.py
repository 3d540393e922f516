# kind: wrong
# about: a dependency loads the artefact anew for each request
# loses: [performance, quality]

# %% edit="performance"
 """
 
+import os
@@
-from fastapi import Depends, Request
+from fastapi import Depends
@@
-async def get_model(request: Request) -> DelayModel:
-    """Return the app's model; a test may override this dependency."""
-    model: DelayModel = request.app.state.model
-    return model
+async def get_model() -> DelayModel:
+    """Return a model; a test may override this dependency."""
+    return DelayModel.load(os.environ.get("MODEL_PATH", "data/model.npz"))
