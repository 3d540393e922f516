# kind: wrong
# about: create_app returns the same app each time
# loses: [quality]

# %% edit="errors.contract"
-async def lifespan(app: FastAPI) -> AsyncIterator[None]:
+async def lifespan(started: FastAPI) -> AsyncIterator[None]:
     """Load the model once, before the first request; without one the process ends."""
-    app.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
+    started.state.model = DelayModel.load(os.environ.get("MODEL_PATH", DEFAULT_MODEL))
@@
+app = FastAPI(title="Delays", version="1.0.0", lifespan=lifespan, redirect_slashes=False)
+app.add_middleware(EachRequest)
+errors.install(app)
+app.include_router(router)
+
+
 def create_app() -> FastAPI:
-    """Make an app that shares nothing with any other; the model is loaded when it starts."""
+    """Return the app; the model is loaded when it starts."""
     logs.set_up()
-    app = FastAPI(title="Delays", version="1.0.0", lifespan=lifespan, redirect_slashes=False)
-    app.add_middleware(EachRequest)
-    errors.install(app)
-    app.include_router(router)
