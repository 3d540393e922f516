# kind: wrong
# about: the example of a flight in OpenAPI is refused by its own schema
# loses: [docs]

# %% edit="errors.refused"
-    "hour": 17,
+    "hour": "17:00",
