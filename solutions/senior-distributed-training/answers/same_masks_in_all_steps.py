# kind: wrong
# about: the seed of dropout is set anew to the same number in each step
# loses: [step]

# %% edit="step"
-        torch.manual_seed(hash((config["seed"], number, rank)))
+        torch.manual_seed(hash((config["seed"], rank)))
