"""Examples of a call in the shell and in Python, signed by the national convention; no library is needed."""

from __future__ import annotations

import json
from typing import Any


def body_of(spec: dict[str, Any]) -> dict[str, Any]:
    """The example values of a service's parameters; of a statistic, its first group and measure."""
    if spec.get("statistic"):
        cube = spec["statistic"]
        return {"groups": [cube["groups"][0]["name"]], "measures": [cube["measures"][0]["name"]]}
    return {part["name"]: part["example"] for part in spec["parameters"]}


def curl_example(sid: str, spec: dict[str, Any], *, base: str) -> str:
    """A signed call with openssl and curl."""
    body = json.dumps(body_of(spec), ensure_ascii=False).replace("'", "'\\''")
    return f"""RID='app-xxxxxxxxxxxx'
SECRET='…'
SID='{sid}'
RTIME="$(date +%s%3N)"
SIGN=$(printf '%s' "$SID$RID$RTIME" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64)
curl -sS '{base}/s/{sid}' \\
  -H 'Content-Type: application/json' \\
  -H "gjzwfwpt_rid: $RID" \\
  -H "gjzwfwpt_sid: $SID" \\
  -H "gjzwfwpt_rtime: $RTIME" \\
  -H "gjzwfwpt_sign: $SIGN" \\
  -d '{body}'"""


def python_example(sid: str, spec: dict[str, Any], *, base: str) -> str:
    """A signed call with the standard library."""
    body = json.dumps(body_of(spec), ensure_ascii=False)
    return f"""import base64, hmac, json, time, urllib.request

rid, secret, sid = "app-xxxxxxxxxxxx", "…", "{sid}"
rtime = str(time.time_ns() // 1_000_000)
digest = hmac.digest(secret.encode(), f"{{sid}}{{rid}}{{rtime}}".encode(), "sha256")
request = urllib.request.Request(
    "{base}/s/{sid}",
    data=json.dumps({body}).encode(),
    headers={{
        "Content-Type": "application/json",
        "gjzwfwpt_rid": rid,
        "gjzwfwpt_sid": sid,
        "gjzwfwpt_rtime": rtime,
        "gjzwfwpt_sign": base64.b64encode(digest).decode(),
    }},
)
with urllib.request.urlopen(request) as response:
    print(json.load(response))"""
