"""Examples of a call in the shell, Python and Java, signed by the national convention; no library is needed.

`path` is where they call, below the gateway's address; it is the service's, or its sandbox's.
"""

from __future__ import annotations

import json
from typing import Any

RID, SECRET = "app-xxxxxxxxxxxx", "…"


def body_of(spec: dict[str, Any]) -> dict[str, Any]:
    """The example values of a service's parameters; of a statistic, its first group and measure."""
    if spec.get("statistic"):
        cube = spec["statistic"]
        return {"groups": [cube["groups"][0]["name"]], "measures": [cube["measures"][0]["name"]]}
    return {part["name"]: part["example"] for part in spec["parameters"]}


def quoted(text: str) -> str:
    """A Java text literal; what Java cannot hold in one stands escaped."""
    return json.dumps(text, ensure_ascii=False)


def curl_example(
    sid: str, spec: dict[str, Any], *, base: str, path: str = "", body: dict[str, str] | None = None
) -> str:
    """A signed call with openssl and curl."""
    text = json.dumps(body or body_of(spec), ensure_ascii=False).replace("'", "'\\''")
    return f"""RID='{RID}'
SECRET='{SECRET}'
SID='{sid}'
RTIME="$(date +%s%3N)"
SIGN=$(printf '%s' "$SID$RID$RTIME" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64)
curl -sS '{base}{path or f"/s/{sid}"}' \\
  -H 'Content-Type: application/json' \\
  -H "gjzwfwpt_rid: $RID" \\
  -H "gjzwfwpt_sid: $SID" \\
  -H "gjzwfwpt_rtime: $RTIME" \\
  -H "gjzwfwpt_sign: $SIGN" \\
  -d '{text}'"""


def python_example(
    sid: str, spec: dict[str, Any], *, base: str, path: str = "", body: dict[str, str] | None = None
) -> str:
    """A signed call with the standard library."""
    text = json.dumps(body or body_of(spec), ensure_ascii=False)
    return f"""import base64, hmac, json, time, urllib.request

rid, secret, sid = "{RID}", "{SECRET}", "{sid}"
rtime = str(time.time_ns() // 1_000_000)
digest = hmac.digest(secret.encode(), f"{{sid}}{{rid}}{{rtime}}".encode(), "sha256")
request = urllib.request.Request(
    "{base}{path or f"/s/{sid}"}",
    data=json.dumps({text}).encode(),
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


def java_example(
    sid: str, spec: dict[str, Any], *, base: str, path: str = "", body: dict[str, str] | None = None
) -> str:
    """A signed call with Java 17 alone: `java Example.java`."""
    text = quoted(json.dumps(body or body_of(spec), ensure_ascii=False))
    return f"""import java.net.URI;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Example {{
    public static void main(String[] args) throws Exception {{
        String rid = "{RID}", secret = "{SECRET}", sid = "{sid}";
        String rtime = String.valueOf(System.currentTimeMillis());
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        byte[] digest = mac.doFinal((sid + rid + rtime).getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(URI.create("{base}{path or f"/s/{sid}"}"))
            .header("Content-Type", "application/json")
            .header("gjzwfwpt_rid", rid)
            .header("gjzwfwpt_sid", sid)
            .header("gjzwfwpt_rtime", rtime)
            .header("gjzwfwpt_sign", Base64.getEncoder().encodeToString(digest))
            .POST(HttpRequest.BodyPublishers.ofString({text}))
            .build();
        HttpResponse<String> response =
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(response.body());
    }}
}}"""
