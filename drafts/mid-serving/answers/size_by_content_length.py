# kind: wrong
# about: the limit on bodies looks at Content-Length only
# loses: [errors, docs]

# %% task="errors"
# %%writefile service/middleware.py
"""What is done for every request, whatever becomes of it: its id, its log line, its size.

Owns these three and the answer to what nobody foresaw. Owns no route.
"""

import logging
import re
import time
import uuid

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import failure
from service.logs import request_id

log = logging.getLogger(__name__)
MAX_BODY = 1024 * 1024
GOOD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class EachRequest:
    """Pure ASGI, so that a body is counted while it arrives and is never kept if it is too large.

    Parameters
    ----------
    app
        What answers the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
        given = headers.get(b"x-request-id", "")
        own = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(own)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            await send(message)

        try:
            await self.app(scope, limited(receive, headers), sending)
        except Exception:
            log.exception("request failed")
            if not status:
                await failure(500)(scope, receive, sending)
        finally:
            fields = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(1000 * (time.perf_counter() - started), 3),
            }
            log.info("request", extra={"fields": fields})
            request_id.reset(token)


def limited(receive: Receive, headers: dict[bytes, str]) -> Receive:
    """Return a ``receive`` that raises as soon as the body is known to be too large."""
    # The rest of the body is never read, so the connection is of no more use.
    too_large = HTTPException(413, headers={"Connection": "close"})
    declared = headers.get(b"content-length", "")

    async def receiving() -> Message:
        if declared.isdigit() and int(declared) > MAX_BODY:
            raise too_large
        return await receive()

    return receiving
