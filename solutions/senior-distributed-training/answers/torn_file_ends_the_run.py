# kind: wrong
# about: the newest checkpoint is read without asking whether it is whole
# loses: [checkpoint]

# %% edit="checkpoint"
-        try:
-            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
-        except Exception as error:  # whatever a torn file makes of torch.load
-            print(f"{path} cannot be read, trying the one before: {error}", flush=True)
-        else:
-            return state
+        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
+        return state
