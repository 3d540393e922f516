# kind: wrong
# about: a batch asks the model once for each flight
# loses: [performance]

# %% edit="performance"
-            found = np.asarray(model.predict(rows), float)
+            found = np.array([model.predict([row])[0] for row in rows], float)
