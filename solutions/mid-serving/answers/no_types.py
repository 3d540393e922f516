# kind: wrong
# about: functions without annotations
# loses: [quality]

# %% edit="errors.log"
-from typing import Any
@@
-    def format(self, record: logging.LogRecord) -> str:
+    def format(self, record):
         """Return the line."""
-        line: dict[str, Any] = {
+        line = {
@@
-def set_up() -> None:
+def set_up():

# %% edit="performance"
-from collections.abc import Sequence
@@
-from service.schemas import Flight
@@
-async def probabilities(model: DelayModel, flights: Sequence[Flight]) -> list[float]:
+async def probabilities(model, flights):
@@
-    def predict() -> list[float]:
+    def predict():
@@
-        values: list[float] = found.tolist()
-        return values
+        return found.tolist()
