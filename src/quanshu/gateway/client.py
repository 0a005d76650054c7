"""A small client that signs: what `quanshu call` uses, and the example for departments."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from quanshu.gateway.pushing import push_sid
from quanshu.gateway.signing import sign_headers

PART = 8 * 1024 * 1024
READ = 1 << 20


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
        return read_answer(self._http.post(f"/s/{sid}", json=body, headers=headers))

    def call_batch(
        self,
        sid: str,
        items: Sequence[Mapping[str, Any]],
        *,
        fields: Sequence[str] | None = None,
        case_number: str | None = None,
    ) -> Answer:
        """Call a service with up to 1,000 parameter sets at once; `items` of the answer stand in their order.

        Raises httpx.HTTPError when the gateway does not answer.
        """
        headers = sign_headers(self.rid, sid, self._secret, self._next_ms())
        if case_number:
            headers["X-Case-Number"] = quote(case_number)
        body = {"items": [dict(item) for item in items], **({"fields": list(fields)} if fields else {})}
        return read_answer(self._http.post(f"/s/{sid}/batch", json=body, headers=headers))

    def push(self, path: Path, source: str, *, name: str = "", part: int = PART, attempts: int = 5) -> Answer:
        """Push a file to a source, in parts; a push that broke off goes on where it stopped.

        The answer's receipt is the same for the same content, however often it is pushed. Raises
        httpx.HTTPError when the gateway does not answer in several attempts.
        """
        digest, size = digest_of(path), path.stat().st_size
        left = attempts
        while True:
            try:
                answer = self._push_on(path, source, digest, size, name or path.name, part)
            except httpx.TransportError:
                left -= 1
                if not left:
                    raise
                time.sleep(0.5 * (attempts - left))
                continue
            if answer.receipt_id or not answer.ok:
                return answer

    def _push_on(self, path: Path, source: str, digest: str, size: int, name: str, part: int) -> Answer:
        """Send the part that comes after what has been received."""
        sid, address = push_sid(source, digest), f"/p/{source}/{digest}"
        told = read_answer(self._http.get(address, headers=sign_headers(self.rid, sid, self._secret, self._next_ms())))
        if told.receipt_id or not told.ok:
            return told
        offset = int(told.body["received"])
        headers = {
            **sign_headers(self.rid, sid, self._secret, self._next_ms()),
            "X-File-Name": quote(name),
            "X-Total": str(size),
            "X-Offset": str(offset),
        }
        return read_answer(self._http.put(address, content=piece(path, offset, part), headers=headers))


def digest_of(path: Path) -> str:
    """A file's SHA-256."""
    digest = hashlib.sha256()
    for chunk in piece(path, 0, path.stat().st_size):
        digest.update(chunk)
    return digest.hexdigest()


def piece(path: Path, offset: int, size: int) -> Iterator[bytes]:
    """At most `size` bytes of a file from an offset on."""
    with path.open("rb") as file:
        file.seek(offset)
        while size > 0 and (chunk := file.read(min(READ, size))):
            size -= len(chunk)
            yield chunk


def read_answer(response: httpx.Response) -> Answer:
    """The gateway's answer as a value."""
    try:
        content = response.json()
    except ValueError:
        content = {"code": "client.not_json", "message": response.text[:200]}
    return Answer(response.status_code, content, response.headers.get("X-Receipt-Id", ""))
