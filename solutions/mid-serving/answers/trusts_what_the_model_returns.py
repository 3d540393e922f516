# kind: wrong
# about: fewer values than flights are passed on as they are
# loses: [errors]

# %% edit="performance"
             found = np.asarray(model.predict(rows), float)
         except Exception as error:
             raise PredictionFailed from error
-        if found.shape != (len(rows),) or not ((found >= 0) & (found <= 1)).all():
-            raise PredictionFailed
