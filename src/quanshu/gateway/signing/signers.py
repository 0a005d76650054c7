"""The caller's side: one signer for each profile, giving the headers of a request."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from quanshu.gateway.signing import http_signatures
from quanshu.gateway.signing.convention import sign_headers
from quanshu.gateway.signing.digest import FIELD, content_digest
from quanshu.gateway.signing.keys import read_private_key
from quanshu.gateway.signing.profiles import ALGORITHMS, SCHEMES, Profile, sign
from quanshu.gateway.signing.session import SID, open_session
from quanshu.gateway.signing.structured import Item, serialise_dictionary
from quanshu.kernel.clock import now

LABEL = "caller"
# A session key is renewed this long before its end, so that none ends on the way.
EARLY_MS = 60_000


class Signer(Protocol):
    """Gives the headers that sign a request, among them those it had to add."""

    def headers(
        self, method: str, url: str, sid: str, *, body: bytes | None = None, given: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """`url` is the full address, `given` the headers that are sent with it and change what it means."""
        ...


class Milliseconds:
    """The present millisecond, or the one after the last used: each signature is good once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """Epoch milliseconds, never the same twice."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return self._last


@dataclass
class ConventionSigner:
    """The national four headers, by the application's key."""

    rid: str
    secret: str
    clock: Milliseconds = field(default_factory=Milliseconds)

    def headers(
        self, method: str, url: str, sid: str, *, body: bytes | None = None, given: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Four headers."""
        return sign_headers(self.rid, sid, self.secret, self.clock.next())


@dataclass
class TwoStepSigner:
    """The national four headers, by a session key fetched with the application's and renewed before its end.

    `fetch` sends headers to POST /keys/session and gives (sealed key, when it ends in epoch milliseconds).
    """

    rid: str
    secret: str
    fetch: Callable[[dict[str, str]], tuple[str, int]]
    clock: Milliseconds = field(default_factory=Milliseconds)
    _session: str = ""
    _until_ms: int = 0

    def headers(
        self, method: str, url: str, sid: str, *, body: bytes | None = None, given: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Four headers."""
        if time.time_ns() // 1_000_000 > self._until_ms - EARLY_MS:
            sealed, until_ms = self.fetch(sign_headers(self.rid, SID, self.secret, self.clock.next()))
            self._session, self._until_ms = open_session(self.secret, self.rid, sealed), until_ms
        return sign_headers(self.rid, sid, self._session, self.clock.next())


@dataclass
class HttpSigner:
    """An HTTP Message Signature (RFC 9421) by a key of the application's."""

    rid: str
    kid: str
    scheme: str
    key: bytes

    def headers(
        self, method: str, url: str, sid: str, *, body: bytes | None = None, given: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Content-Digest where there is a body, Signature-Input and Signature."""
        added = {FIELD: content_digest(body)} if body else {}
        split = urlsplit(url)
        seen = {name.lower(): value for name, value in {**(given or {}), **added}.items()}
        message = http_signatures.Request(
            method=method,
            scheme=split.scheme,
            authority=split.netloc,
            path=split.path,
            query=split.query,
            headers=seen,
        )
        covered = http_signatures.parameters(
            ["@method", "@path", *(["@query"] if split.query else []), *seen],
            created=int(now().timestamp()),
            keyid=f"{self.rid}:{self.kid}",
            alg=ALGORITHMS[self.scheme],
            nonce=secrets.token_urlsafe(16),
        )
        value = sign(self.scheme, self.key, http_signatures.signature_base(covered, message))
        return {
            **added,
            "Signature-Input": serialise_dictionary({LABEL: covered}),
            "Signature": serialise_dictionary({LABEL: Item(value)}),
        }


def make_signer(
    profile: str, rid: str, key: str, *, kid: str, fetch: Callable[[dict[str, str]], tuple[str, int]]
) -> Signer:
    """The signer of a profile; `key` is the secret, or the private key in PEM. Raises BadKey."""
    if profile == Profile.CONVENTION:
        return ConventionSigner(rid, key)
    if profile == Profile.TWO_STEP:
        return TwoStepSigner(rid, key, fetch)
    scheme = SCHEMES[profile]
    return HttpSigner(rid, kid, scheme, read_private_key(scheme, key))
