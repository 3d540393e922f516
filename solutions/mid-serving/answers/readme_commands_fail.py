# kind: wrong
# about: the command of the README names a folder that is not there
# loses: [docs]

# %% edit="docs"
-python -m pytest -q tests
+python -m pytest -q test
