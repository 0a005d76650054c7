"""The floor of a look-up: ASGI, one HMAC, one SQLite query, one JSON answer. No grant, mask, limit or receipt."""

from __future__ import annotations

import base64
import hmac
import json
import os
import sqlite3
from typing import Any

CONNECTION = sqlite3.connect(
    f"file:{os.environ.get('FLOOR_TABLE', '')}?mode=ro&immutable=1", uri=True, check_same_thread=False
)
SECRET = os.environ.get("FLOOR_SECRET", "").encode()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One signed look-up."""
    if scope["type"] != "http":
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    text = "".join(headers.get(f"gjzwfwpt_{part}", "") for part in ("sid", "rid", "rtime"))
    sign = base64.b64encode(hmac.digest(SECRET, text.encode(), "sha256")).decode()
    body = json.loads((await receive())["body"])
    good = hmac.compare_digest(sign, headers.get("gjzwfwpt_sign", ""))
    row = CONNECTION.execute("SELECT id, name, age FROM person WHERE id = ?", (body["id"],)).fetchone()
    answer = json.dumps({"data": row if good else None}).encode()
    kind = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200 if good else 401, "headers": kind})
    await send({"type": "http.response.body", "body": answer})
