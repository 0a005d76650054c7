"""A small client that signs: what `quanshu call` uses, and the example for departments."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from quanshu.gateway.pushing import push_sid
from quanshu.gateway.signing.certificates import client_context
from quanshu.gateway.signing.profiles import Profile
from quanshu.gateway.signing.responses import answer_holds
from quanshu.gateway.signing.signers import LABEL, make_signer
from quanshu.gateway.signing.structured import Item, parse_dictionary
from quanshu.kernel.trace import HEADER, current_trace, traceparent

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


class SessionRefused(Exception):
    """The gateway gave no session key; its answer says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.get("code", ""))
        self.answer = answer


class AnswerNotSigned(Exception):
    """The answer is not signed by the node's key for this request: do not use it."""


class GatewayClient:
    """Calls services as an application, signing by one of its profiles. Safe to share between threads.

    `secret` is the application's secret, or for Ed25519 and SM2 its private key in PEM, whose id is `kid`. With
    `node_key`, the node's public key, every answer of an RFC 9421 profile must be signed and bound to its request.
    """

    def __init__(
        self,
        base_url: str,
        rid: str,
        secret: str,
        *,
        timeout: float = 30,
        profile: str = Profile.CONVENTION,
        kid: str = "k1",
        node_key: bytes | None = None,
    ) -> None:
        self.rid = rid
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(base_url=self.base_url, timeout=timeout, verify=client_context())
        self._signer = make_signer(profile, rid, secret, kid=kid, fetch=self._fetch_session)
        self._node_key = node_key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _fetch_session(self, headers: dict[str, str]) -> tuple[str, int]:
        """A sealed session key and when it ends. Raises SessionRefused."""
        answer = read_answer(self._http.post("/keys/session", headers=headers))
        if not answer.ok:
            raise SessionRefused(answer)
        return str(answer.body["data"]["secret"]), int(answer.body["data"]["expires_at_ms"])

    def _send(
        self, method: str, path: str, sid: str, given: Mapping[str, str], content: bytes | Iterator[bytes] | None = None
    ) -> Answer:
        """Sign and send a request; a body given as bytes is covered, one that is streamed is named by its address."""
        body = content if isinstance(content, bytes) else None
        try:
            signed = self._signer.headers(method, self.base_url + path, sid, body=body, given=given)
        except SessionRefused as fault:
            return fault.answer
        asked = {"Accept-Signature": 'node=("@status")'} if self._node_key and "Signature" in signed else {}
        response = self._http.request(method, path, headers={**given, **signed, **asked}, content=content)
        answer = read_answer(response)
        if self._node_key and asked and answer.receipt_id:
            self._check(response, signed["Signature"], self._node_key)
        return answer

    def _check(self, response: httpx.Response, signature: str, node_key: bytes) -> None:
        own = parse_dictionary(signature)[LABEL]
        value = own.value if isinstance(own, Item) else b""
        headers = {name.lower(): text for name, text in response.headers.items()}
        if not isinstance(value, bytes) or not answer_holds(
            node_key, status=response.status_code, body=response.content, headers=headers, label=LABEL, request=value
        ):
            raise AnswerNotSigned

    def call(
        self,
        sid: str,
        parameters: Mapping[str, Any],
        *,
        fields: Sequence[str] | None = None,
        case_number: str | None = None,
        consent: str | None = None,
    ) -> Answer:
        """Call a service once; the case number travels percent-encoded. `consent`: its uid, or its token with a proof.

        Raises httpx.HTTPError when the gateway does not answer.
        """
        given = {"X-Case-Number": quote(case_number)} if case_number else {}
        if trace := current_trace():
            given[HEADER] = traceparent(trace)
        if consent:
            given["Consent"] = consent
        body = {**parameters, **({"fields": list(fields)} if fields else {})}
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        given["Content-Type"] = "application/json"
        return self._send("POST", f"/s/{sid}", sid, given, content=data)

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
        given = {"X-Case-Number": quote(case_number)} if case_number else {}
        body = {"items": [dict(item) for item in items], **({"fields": list(fields)} if fields else {})}
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        given["Content-Type"] = "application/json"
        return self._send("POST", f"/s/{sid}/batch", sid, given, content=data)

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
        told = self._send("GET", address, sid, {})
        if told.receipt_id or not told.ok:
            return told
        offset = int(told.body["received"])
        given = {"X-File-Name": quote(name), "X-Total": str(size), "X-Offset": str(offset)}
        return self._send("PUT", address, sid, given, content=piece(path, offset, part))


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
