# kind: wrong
# about: the README starts the service on port 8080
# loses: [docs]

# %% edit="docs"
-python -m uvicorn --factory service.app:create_app --port 8000
+python -m uvicorn --factory service.app:create_app --port 8080
