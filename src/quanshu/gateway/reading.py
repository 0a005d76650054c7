"""What a request says, read with its limits; refusals that any address may answer with."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from quanshu.kernel.errors import Invalid, Unavailable

MOST_BODY = 64 * 1024


class BadBody(Invalid):
    code = "gateway.bad_body"


class BodyTooLarge(Invalid):
    code = "gateway.body_too_large"


class NotReady(Unavailable):
    code = "gateway.not_ready"


async def read_body(request: Request, most: int = MOST_BODY) -> bytes:
    """The request's body; BodyTooLarge past the limit, before it is read whole. Raises ClientDisconnect."""
    body: bytes = b""
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            raise BodyTooLarge(most=most)
        if not message.get("more_body", False):
            return body


def read_request(request: Request, raw: bytes) -> tuple[dict[str, Any], list[str] | None]:
    """(parameters, fields asked for) of a GET's query or a POST's JSON object. Raises BadBody."""
    if request.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
        text = given.pop("fields", None)
        return given, [name.strip() for name in text.split(",") if name.strip()] if text else None
    if not raw:
        return {}, None
    try:
        # Refuses half of a surrogate pair as well, which is no text.
        body = orjson.loads(raw)
    except ValueError as fault:
        raise BadBody from fault
    if not isinstance(body, dict):
        raise BadBody
    fields = body.pop("fields", None)
    if fields is not None and not (isinstance(fields, list) and all(isinstance(name, str) for name in fields)):
        raise BadBody
    return body, fields or None
