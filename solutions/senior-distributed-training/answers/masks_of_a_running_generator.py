# kind: wrong
# about: dropout draws from a generator that is seeded once, and whose state is in no checkpoint
# loses: [checkpoint]

# %% edit="step"
-    pending: list[float] = []
+    torch.manual_seed(1000 * config["seed"] + rank)
+    pending: list[float] = []
@@
-        # From step and rank alone: masks differ between ranks, and are the same after a resumption.
-        torch.manual_seed(hash((config["seed"], number, rank)))
