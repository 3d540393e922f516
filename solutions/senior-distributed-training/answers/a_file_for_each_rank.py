# kind: wrong
# about: every rank writes all weights, into a file of its own in the checkpoint's folder
# loses: [checkpoint]

# %% edit="checkpoint"
-    part = folder / f"part-{step:08d}"
-    with part.open("wb") as file:
-        torch.save(state, file)
-        file.flush()
-        os.fsync(file.fileno())
-    part.replace(folder / f"step-{step:08d}")
+    rank = torch.distributed.get_rank()
+    part = folder / f"part-{step:08d}-{rank}"
+    with part.open("wb") as file:
+        torch.save(state, file)
+        file.flush()
+        os.fsync(file.fileno())
+    (folder / f"step-{step:08d}").mkdir(exist_ok=True)
+    part.replace(folder / f"step-{step:08d}" / f"rank-{rank}")
@@
-    for old in sorted(folder.glob("step-*"))[:-KEPT]:
-        old.unlink()
@@
-            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
+            ranks = range(torch.distributed.get_world_size())
+            states = [torch.load(path / f"rank-{n}", device, weights_only=True) for n in ranks]
+            state: dict[str, Any] = states[torch.distributed.get_rank()]

# %% edit="step"
-            if rank == 0:
-                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict()}
-                checkpoint.save(folder, done, {**state, "history": history})
+            state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict()}
+            checkpoint.save(folder, done, {**state, "history": history})
