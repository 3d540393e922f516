# kind: wrong
# about: the share is all time in which the network works, hidden behind the backward pass or not
# loses: [communication]

# %% edit="communication"
-        self.calls = self.bytes = 0
+        self.calls = self.bytes = 0
+        self.seconds = 0.0
@@
-        future = dist.all_reduce(sent, async_op=True).get_future()
-        return future.then(lambda done: flat.copy_(done.value()[0]))
+        begun = time.perf_counter()
+        future = dist.all_reduce(sent, async_op=True).get_future()
+
+        def ended(done: torch.futures.Future) -> torch.Tensor:
+            self.seconds += time.perf_counter() - begun
+            return flat.copy_(done.value()[0])
+
+        return future.then(ended)
@@
-from collections.abc import Mapping
-from typing import Any
+import time
+from collections.abc import Mapping
+from typing import Any

# %% edit="step"
-    backward(model, x, y, own, len(rows), config)
-    together = min(seconds() for _ in range(TIMED))
-    with model.no_sync():
-        alone = min(seconds() for _ in range(TIMED))
-    found["share"] = max(0.0, 1 - alone / together)
+    backward(model, x, y, own, len(rows), config)
+    exchange.seconds = 0.0
+    took = seconds()
+    found["share"] = min(1.0, exchange.seconds / took)
