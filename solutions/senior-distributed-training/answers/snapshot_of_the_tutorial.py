# kind: wrong
# about: one snapshot an epoch as in a well-known tutorial, without optimizer and history, written in place
# loses: [checkpoint, ray]

# %% edit="step"
-        if state := checkpoint.newest(folder, device):
-            model.module.load_state_dict(state["model"])
-            optimizer.load_state_dict(state["optimizer"])
-            history = state["history"]
+        found = sorted(folder.glob("step-*"))
+        if found:
+            state = torch.load(found[-1], weights_only=True)
+            model.module.load_state_dict(state["model"])
+            history = [0.0] * (state["epochs_run"] * shards.steps_of_epoch(config))
@@
-        if folder and done % config["every"] == 0:
-            history, pending = history + combined(pending, device), []
-            if rank == 0:
-                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict()}
-                checkpoint.save(folder, done, {**state, "history": history})
+        if folder and rank == 0 and done % shards.steps_of_epoch(config) == 0:
+            folder.mkdir(parents=True, exist_ok=True)
+            epoch = done // shards.steps_of_epoch(config)
+            state = {"model": model.module.state_dict(), "epochs_run": epoch - 1}
+            torch.save(state, folder / f"step-{done:08d}")
