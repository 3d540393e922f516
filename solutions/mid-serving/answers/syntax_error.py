# kind: wrong
# about: service/app.py is no Python
# loses: [errors, performance, quality, docs]

# %% edit="errors.contract"
-def create_app() -> FastAPI:
+def create_app() -> FastAPI
