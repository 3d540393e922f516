# kind: wrong
# about: handles FastAPI's HTTPException, which Starlette's 404, 405 and 413 are not
# loses: [errors, docs]

# %% edit="errors.failures"
-from fastapi import FastAPI, Request, Response
+from fastapi import FastAPI, HTTPException, Request, Response
 from fastapi.exceptions import RequestValidationError
-from starlette.exceptions import HTTPException
