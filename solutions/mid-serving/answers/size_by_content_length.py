# kind: wrong
# about: the limit on bodies looks at Content-Length only
# loses: [errors]

# %% edit="errors"
-    received = 0
 
     async def receiving() -> Message:
-        nonlocal received
         if declared.isdigit() and int(declared) > MAX_BODY:
             raise too_large
-        message = await receive()
-        received += len(message.get("body", b""))
-        if received > MAX_BODY:
-            raise too_large
-        return message
+        return await receive()
