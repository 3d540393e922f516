# kind: wrong
# about: a catch-all answers 200 with a usual probability when the model fails
# loses: [errors, docs]

# %% edit="performance"
 """
 
+import logging
@@
-from service.errors import PredictionFailed
 from service.schemas import Flight
+
+USUAL = 0.24
+log = logging.getLogger(__name__)
@@
-    """Ask the model once for all flights, in a thread: the event loop goes on answering.
+    """Ask the model once for all flights, in a thread.
 
-    Raises
-    ------
-    PredictionFailed
-        If it raises anything or returns something else than one probability a flight.
+    If it fails, the caller gets the usual probability rather than an error.
@@
-        except Exception as error:
-            raise PredictionFailed from error
-        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
-            raise PredictionFailed
+        except Exception:
+            log.exception("prediction failed")
+            found = np.full(len(rows), USUAL)
