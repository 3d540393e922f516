# kind: wrong
# about: the flights of a batch are sorted before the model is asked
# loses: [errors, performance]

# %% edit="errors.contract"
-    """Return the probabilities in the order of the flights; one bad flight refuses them all."""
-    found = await probabilities(model, batch.flights)
+    """Return the probabilities of the flights; one bad flight refuses them all."""
+    flights = sorted(batch.flights, key=lambda flight: (flight.carrier, flight.origin, flight.hour))
+    found = await probabilities(model, flights)
