# kind: wrong
# about: the loss of each piece is divided by its own rows instead of all rows of the step
# loses: [accumulate]

# %% edit="accumulate"
-            loss = job.losses(model, x[piece], y[piece]).sum() / of
+            loss = job.losses(model, x[piece], y[piece]).sum() / of * len(pieces)
