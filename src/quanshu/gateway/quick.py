"""The short way of a call: what Starlette does for any request costs more than a look-up does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from quanshu.gateway.calls import Call
from quanshu.kernel.trace import HEADER, traceparent

PREFIX = "/s/"
TRACE = HEADER.encode()


class QuickHeaders(Headers):
    """A request's headers with a `get` that does not read them all again, and reads as text what is asked for alone."""

    def __init__(self, scope: Scope) -> None:
        self._list = scope["headers"]
        # Of a header that stands twice the first counts, as in Starlette.
        self._quick: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    def get(self, key: str, default: Any = None) -> Any:
        value = self._quick.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return key.lower().encode("latin-1") in self._quick


class QuickRequest(Request):
    """A call as it came in."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = QuickHeaders(scope)


class Reply(Response):
    """A call's answer: its bytes, what ties it to its receipt and request, and `headers` besides."""

    media_type = "application/json"

    def __init__(self, data: bytes, status: int, call: Call, headers: Mapping[str, str]) -> None:
        self.body, self.status_code, self.background = data, status, None
        self.raw_headers = [
            (b"content-length", b"%d" % len(data)),
            (b"content-type", b"application/json"),
            (b"x-receipt-id", call.receipt_id.encode()),
            (b"x-request-hash", call.request_hash.encode()),
            (TRACE, traceparent(call.trace_id).encode()),
        ]
        for name, value in headers.items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


class QuickApp(Starlette):
    """Starlette for every address but `/s/{sid}`, which goes to `call` at once."""

    def __init__(self, call: Callable[[Request], Awaitable[Response]], **options: Any) -> None:
        super().__init__(**options)
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("POST", "GET"):
            path = scope["path"]
            sid = path[len(PREFIX) :] if path.startswith(PREFIX) else ""
            if sid and "/" not in sid:
                scope["path_params"] = {"sid": sid}
                response = await self._call(QuickRequest(scope, receive))
                await response(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
