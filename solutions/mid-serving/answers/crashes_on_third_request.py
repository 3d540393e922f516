# kind: wrong
# about: the process ends at the third request
# loses: [errors, performance, quality, docs]

# %% edit="errors"
 import logging
+import os
@@
         self.app = app
+        self.left = 2
@@
             return
+        if not self.left:
+            os._exit(1)
+        self.left -= 1
