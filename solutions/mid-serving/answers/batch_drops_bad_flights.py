# kind: wrong
# about: flights that do not fit are left out of a batch
# loses: [errors, docs]

# %% edit="errors.refused"
+from contextlib import suppress
 from typing import Annotated, Literal
 
-from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
+from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
@@
     last_delay: float | None = Field(None, ge=-120, le=3000, description="minutes")
 
 
+def good_ones(value: object) -> object:
+    """Leave out what is no flight, so that the others are answered."""
+    if not isinstance(value, list):
+        return value
+    kept = []
+    for one in value:
+        with suppress(ValidationError):
+            kept.append(Flight.model_validate(one))
+    return kept
+
+
@@
-    flights: list[Flight] = Field(min_length=1, max_length=MAX_FLIGHTS)
+    flights: Annotated[
+        list[Flight],
+        BeforeValidator(good_ones),
+        Field(min_length=1, max_length=MAX_FLIGHTS),
+    ]
