# kind: right
# about: no DDP; each layer's gradients are added up together as soon as they are complete

# %% edit="communication"
-    wrapped = DistributedDataParallel(
-        model, bucket_cap_mb=size / BUCKETS / 2**20, forward_sync_buffers=False
-    )
-    exchange = Exchange(getattr(torch, config["wire"]))
-    wrapped.register_comm_hook(None, lambda _, bucket: exchange(bucket))
-    return wrapped, exchange
+    exchange = Exchange(getattr(torch, config["wire"]))
+    return Layers(model, exchange, size), exchange
+
+
+class Layers(nn.Module):
+    """A model whose layers exchange their gradients while the backward pass goes on."""
+
+    def __init__(self, module: nn.Module, exchange: Exchange, size: int) -> None:
+        super().__init__()
+        self.module, self.exchange, self.silent = module, exchange, False
+        self.flying: list[Any] = []
+        for value in module.state_dict().values():
+            dist.broadcast(value, 0)
+        groups: dict[str, list[nn.Parameter]] = {}
+        for name, weight in module.named_parameters():
+            if weight.requires_grad:
+                groups.setdefault(name.rpartition(".")[0], []).append(weight)
+        self.missing = {}
+        for name, weights in groups.items():
+            self.missing[name] = len(weights)
+            for weight in weights:
+                weight.register_post_accumulate_grad_hook(partial(self.ready, name, weights))
+
+    def forward(self, x: torch.Tensor) -> torch.Tensor:
+        """Run the model."""
+        return self.module(x)
+
+    @contextlib.contextmanager
+    def no_sync(self) -> Iterator[None]:
+        """Let gradients only add up here."""
+        before, self.silent = self.silent, True
+        yield
+        self.silent = before
+
+    def ready(self, name: str, weights: list[nn.Parameter], _: torch.Tensor) -> None:
+        """Send a layer's gradients when the last of them is complete."""
+        if self.silent:
+            return
+        self.missing[name] -= 1
+        if self.missing[name] == 0:
+            self.missing[name] = len(weights)
+            flat = torch.cat([weight.grad.reshape(-1) for weight in weights])
+            sent = flat.to(self.exchange.numbers)
+            self.exchange.calls += 1
+            self.exchange.bytes += sent.nbytes
+            self.flying.append((dist.all_reduce(sent, async_op=True), sent, weights))
+
+    def wait(self) -> None:
+        """Wait for all sums and put them where the gradients are."""
+        for work, sent, weights in self.flying:
+            work.wait()
+            for weight, part in zip(weights, sent.split([w.numel() for w in weights]), strict=True):
+                weight.grad.copy_(part.view(weight.shape))
+        self.flying.clear()
@@
-from collections.abc import Mapping
+import contextlib
+from collections.abc import Iterator, Mapping
+from functools import partial

# %% edit="accumulate"
-        mean += loss.item()
-    return mean
+        mean += loss.item()
+    model.wait()
+    return mean
