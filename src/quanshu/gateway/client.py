"""A small client that signs: what `quanshu call` uses, and the example for departments."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from quanshu.gateway.signing import sign_headers


@dataclass(frozen=True, slots=True)
class Answer:
    """The gateway's answer: HTTP status, JSON body, receipt id ("" when there is none)."""

    status: int
    body: dict[str, Any]
    receipt_id: str

    @property
    def ok(self) -> bool:
        return self.status == 200


class GatewayClient:
    """Calls services with an application's requester id and secret. Safe to share between threads."""

    def __init__(self, base_url: str, rid: str, secret: str, *, timeout: float = 30) -> None:
        self.rid = rid
        self._secret = secret
        self._http = httpx.Client(base_url=base_url.rstrip("/"), timeout=timeout)
        self._lock = threading.Lock()
        self._last_ms = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _next_ms(self) -> int:
        """The present millisecond, or the one after the last used: each signature is good once."""
        with self._lock:
            self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
            return self._last_ms

    def call(
        self,
        sid: str,
        parameters: Mapping[str, Any],
        *,
        fields: Sequence[str] | None = None,
        case_number: str | None = None,
    ) -> Answer:
        """Call a service once; the case number travels percent-encoded.

        Raises httpx.HTTPError when the gateway does not answer.
        """
        headers = sign_headers(self.rid, sid, self._secret, self._next_ms())
        if case_number:
            headers["X-Case-Number"] = quote(case_number)
        body = {**parameters, **({"fields": list(fields)} if fields else {})}
        response = self._http.post(f"/s/{sid}", json=body, headers=headers)
        try:
            content = response.json()
        except ValueError:
            content = {"code": "client.not_json", "message": response.text[:200]}
        return Answer(response.status_code, content, response.headers.get("X-Receipt-Id", ""))
