"""The floor of a look-up on PostgreSQL: ASGI, one HMAC, one asyncpg query, one JSON answer."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import os
from typing import Any

import asyncpg

SECRET = os.environ.get("FLOOR_SECRET", "").encode()
SQL = f"SELECT id, name, age FROM {os.environ.get('FLOOR_TABLE', 'person')} WHERE id = $1"
OPENING = asyncio.Lock()
POOLS: list[asyncpg.Pool] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One signed look-up."""
    if scope["type"] != "http":
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    text = "".join(headers.get(f"gjzwfwpt_{part}", "") for part in ("sid", "rid", "rtime"))
    sign = base64.b64encode(hmac.digest(SECRET, text.encode(), "sha256")).decode()
    body = json.loads((await receive())["body"])
    good = hmac.compare_digest(sign, headers.get("gjzwfwpt_sign", ""))
    async with OPENING:
        if not POOLS:
            POOLS.append(await asyncpg.create_pool(os.environ["FLOOR_URL"], min_size=16, max_size=16))
    row = await POOLS[0].fetchrow(SQL, body["id"])
    answer = json.dumps({"data": list(row) if good else None}).encode()
    kind = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200 if good else 401, "headers": kind})
    await send({"type": "http.response.body", "body": answer})
