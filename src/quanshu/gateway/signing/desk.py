"""The routes under /keys/: session keys of the two-step form, and the node's own public key."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quanshu.gateway import messages
from quanshu.gateway.calls import Call
from quanshu.gateway.reading import read_body
from quanshu.gateway.signing import session
from quanshu.gateway.signing.convention import PREFIX
from quanshu.gateway.signing.identity import by_convention
from quanshu.gateway.signing.responses import KEYID
from quanshu.kernel.clock import now_ms
from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

NAMES = tuple(f"{PREFIX}{name}" for name in ("rid", "sid", "rtime", "sign"))


class KeyDesk:
    """Hands out keys. A call for a session key has its receipt like any other."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def session(self, request: Request) -> Response:
        """POST /keys/session, signed by the application's key with the sid `keys.session`."""
        call = Call(new_uid(), time.perf_counter(), now_ms(), session.SID)
        call.parameters = ["session"]
        loaded = self.gateway.state.loaded
        if loaded is None:
            return await self.gateway.refuse(call, "gateway.not_ready", {})
        try:
            raw = await read_body(request)
            call.request_hash = hashlib.sha256(raw).hexdigest()
            by_convention(self.gateway, with_body(request, raw), call, loaded, session.SID)
            await self.gateway.claim(call)
        except QuanshuError as fault:
            return await self.gateway.refuse(call, fault.code, fault.params)
        secret = next(key.secret for key in loaded.keys[call.rid] if key.kid == call.kid)
        given, _before = session.secrets_now(loaded.session_root, rid=call.rid, kid=call.kid, now_ms=call.at_ms)
        data = {
            "secret": session.seal_session(secret, call.rid, given),
            "expires_at_ms": session.expires_ms(call.at_ms),
            "cipher": "AES-256-GCM",
        }
        body = {"code": "ok", "message": "成功", "receipt_id": call.receipt_id, "data": data}
        response = await self.gateway.answer(call, 200, "ok", body)
        response.headers["Cache-Control"] = "no-store"
        return response

    async def node(self, request: Request) -> Response:
        """GET /keys/node: the public key that answers are signed with."""
        loaded = self.gateway.state.loaded
        if loaded is None or loaded.node_pair is None:
            code = "gateway.not_ready"
            return JSONResponse(messages.envelope(code, {}, ""), status_code=messages.status_of(code))
        public = base64.b64encode(loaded.node_pair.public).decode("ascii")
        return JSONResponse({"keyid": KEYID, "alg": "ed25519", "public_key": public})


def with_body(request: Request, raw: bytes) -> Request:
    """The request, its four values taken from a JSON body where a caller sends them there, as many peers do."""
    if not raw or NAMES[0] in request.headers:
        return request
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        return request
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in NAMES):
        return request
    extra = [(name.encode(), given[name].encode("latin-1", "replace")) for name in NAMES]
    return Request({**request.scope, "headers": Headers(raw=[*request.headers.raw, *extra]).raw})
