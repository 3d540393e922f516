# kind: wrong
# about: only ModelError is a failure of the model, any other exception is 500
# loses: [errors]

# %% edit="performance"
-from delay_model import DelayModel
+from delay_model import DelayModel, ModelError
@@
-        If it raises anything or returns something else than one probability a flight.
+        If it raises ModelError or returns something else than one probability a flight.
@@
-        except Exception as error:
+        except ModelError as error:
