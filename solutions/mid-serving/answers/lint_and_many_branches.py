# kind: wrong
# about: unused imports and one function with some forty branches
# loses: [quality]

# %% edit="errors.failures"
 import logging
+import os, re
@@
     return Response(json.dumps(body.model_dump()), status, headers, media_type="application/json")
 
 
+def say(problem):
+    kind = problem["type"]
+    if kind == "missing": return "is missing"
+    elif kind == "extra_forbidden": return "is unknown"
+    elif kind == "string_type": return "must be a text"
+    elif kind == "string_too_short": return "is too short"
+    elif kind == "string_too_long": return "is too long"
+    elif kind == "literal_error": return "is not one of the airports"
+    elif kind == "int_type": return "must be a whole number"
+    elif kind == "int_from_float": return "must be a whole number"
+    elif kind == "int_parsing": return "is no number"
+    elif kind == "float_type": return "must be a number"
+    elif kind == "float_parsing": return "is no number"
+    elif kind == "finite_number": return "must be finite"
+    elif kind == "greater_than": return "is too small"
+    elif kind == "greater_than_equal": return "is too small"
+    elif kind == "less_than": return "is too large"
+    elif kind == "less_than_equal": return "is too large"
+    elif kind == "list_type": return "must be a list"
+    elif kind == "too_short": return "has too few"
+    elif kind == "too_long": return "has too many"
+    elif kind == "dict_type": return "must be an object"
+    elif kind == "model_type": return "must be an object"
+    elif kind == "model_attributes_type": return "must be an object"
+    elif kind == "bool_type": return "must be a truth"
+    elif kind == "bool_parsing": return "is no truth"
+    elif kind == "string_unicode": return "is no unicode"
+    elif kind == "string_pattern_mismatch": return "has another form"
+    elif kind == "none_required": return "must be null"
+    elif kind == "bytes_type": return "must be bytes"
+    elif kind == "date_type": return "must be a date"
+    elif kind == "date_parsing": return "is no date"
+    elif kind == "time_type": return "must be a time"
+    elif kind == "time_parsing": return "is no time"
+    elif kind == "datetime_type": return "must be a moment"
+    elif kind == "datetime_parsing": return "is no moment"
+    elif kind == "url_type": return "must be an address"
+    elif kind == "url_parsing": return "is no address"
+    elif kind == "uuid_type": return "must be an id"
+    elif kind == "uuid_parsing": return "is no id"
+    elif kind == "enum": return "is not one of them"
+    elif kind == "value_error": return "is wrong"
+    return "is wrong"
+
+
@@
-        FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=problem["msg"])
+        FieldProblem(path=".".join(map(str, problem["loc"][1:])), problem=say(problem))
