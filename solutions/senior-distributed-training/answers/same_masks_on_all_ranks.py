# kind: wrong
# about: all ranks seed their dropout alike
# loses: [step]

# %% edit="step"
-        torch.manual_seed(hash((config["seed"], number, rank)))
+        torch.manual_seed(hash((config["seed"], number)))
