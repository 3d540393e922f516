# kind: wrong
# about: a blocking all-reduce for each weight after the backward pass; the weights are right
# loses: [communication]

# %% edit="communication"
-    wrapped.register_comm_hook(None, lambda _, bucket: exchange(bucket))
-    return wrapped, exchange
+    return Blocking(wrapped, exchange), exchange
+
+
+class Blocking(nn.Module):
+    """DDP that never exchanges by itself."""
+
+    def __init__(self, wrapped: DistributedDataParallel, exchange: Exchange) -> None:
+        super().__init__()
+        self.wrapped, self.exchange, self.module = wrapped, exchange, wrapped.module
+        self.silent = False
+
+    def forward(self, x: torch.Tensor) -> torch.Tensor:
+        """Run the model alone."""
+        return self.module(x)
+
+    @contextlib.contextmanager
+    def no_sync(self) -> Iterator[None]:
+        """Leave the exchange out."""
+        before, self.silent = self.silent, True
+        yield
+        self.silent = before
+
+    def add_up(self) -> None:
+        """Exchange all gradients, one weight after the other."""
+        for weight in self.module.parameters():
+            if weight.requires_grad and not self.silent:
+                sent = weight.grad.to(self.exchange.numbers)
+                dist.all_reduce(sent)
+                weight.grad.copy_(sent)
+                self.exchange.calls += 1
+                self.exchange.bytes += sent.nbytes
@@
-from collections.abc import Mapping
+import contextlib
+from collections.abc import Iterator, Mapping

# %% edit="accumulate"
-        mean += loss.item()
-    return mean
+        mean += loss.item()
+    model.add_up()
+    return mean
