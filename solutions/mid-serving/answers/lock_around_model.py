# kind: wrong
# about: a lock lets one prediction run at a time, though the model needs none
# loses: [performance]

# %% edit="performance"
 """
 
+import threading
@@
 from service.schemas import Flight
+
+asking = threading.Lock()
@@
-            found = np.asarray(model.predict(rows), float)
+            with asking:
+                found = np.asarray(model.predict(rows), float)
