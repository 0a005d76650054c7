"""Knowing the caller of a request: the form it is signed by, the key, and whether the application may sign so."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request

from quanshu.gateway.signing import convention, http_signatures, session
from quanshu.gateway.signing.certificates import presented
from quanshu.gateway.signing.convention import OutsideWindow, SignedHeaders
from quanshu.gateway.signing.digest import FIELD, check_digest
from quanshu.gateway.signing.faults import (
    BadHttpSignature,
    CertificateRequired,
    UnknownKey,
    WrongCertificate,
    WrongProfile,
)
from quanshu.gateway.signing.keys import verify
from quanshu.gateway.signing.profiles import ALGORITHMS, HMAC, Profile, http_profile
from quanshu.kernel.ciphers import suite
from quanshu.kernel.errors import Invalid, Unauthenticated

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway
    from quanshu.gateway.calls import Call
    from quanshu.gateway.snapshot import ClientSpec
    from quanshu.gateway.state import Loaded, LoadedKey

HTTP_FIELDS = ("signature-input", "signature")
# As plain texts: looked up at every call.
CONVENTION, TWO_STEP = Profile.CONVENTION.value, Profile.TWO_STEP.value


class UnknownClient(Unauthenticated):
    code = "gateway.unknown_client"


class WrongService(Invalid):
    code = "gateway.wrong_service"


def identify(
    gateway: Gateway, request: Request, call: Call, loaded: Loaded, *, sid: str, body: bytes | None = None
) -> None:
    """Know the caller by the signature; each signature is good once.

    `sid` is what the convention signs; `body` is None where the address itself names the content. A refusal after
    the signature proved right leaves `call.known` set, so that it gets its receipt.
    """
    if HTTP_FIELDS[0] in request.headers or HTTP_FIELDS[1] in request.headers:
        by_http_signature(gateway, request, call, loaded, body)
    else:
        by_convention(gateway, request, call, loaded, sid)


def find_client(gateway: Gateway, loaded: Loaded, rid: str) -> ClientSpec:
    """The application that calls. Raises UnknownClient."""
    client = loaded.clients.get(rid)
    if client is None or not client.active or gateway.state.ended("client", rid):
        raise UnknownClient(rid=rid)
    return client


def keys_now(gateway: Gateway, call: Call, keys: Sequence[LoadedKey], scheme: str) -> list[LoadedKey]:
    """The keys of a kind that hold now."""
    seconds = call.at_ms / 1000
    return [
        key
        for key in keys
        if key.scheme == scheme
        and key.not_before <= seconds < key.not_after
        and not gateway.state.ended("key", f"{call.rid}:{key.kid}")
    ]


def by_convention(gateway: Gateway, request: Request, call: Call, loaded: Loaded, sid: str) -> None:
    """The four headers, signed by the application's key, or by a session key where it signs in two steps."""
    signed = convention.read_headers(request.headers)
    call.rid = signed.rid
    client = find_client(gateway, loaded, signed.rid)
    convention.check_window(signed, now_ms=call.at_ms)
    profile = which(gateway, call, signed, loaded, two_step=TWO_STEP in client.profiles)
    if not profile:
        if CONVENTION not in client.profiles and TWO_STEP not in client.profiles:
            raise WrongProfile(used=CONVENTION, allowed=", ".join(client.profiles))
        raise convention.BadSignature
    call.scheme = profile
    admit(gateway, request, call, client, signed, opening=sid == session.SID)
    if signed.sid != sid:
        raise WrongService(signed=signed.sid, sid=sid)


def which(gateway: Gateway, call: Call, signed: SignedHeaders, loaded: Loaded, *, two_step: bool) -> str:
    """The profile of the convention that the signature is right by, "" when it is by none; sets the call's key."""
    profile, seconds = "", call.at_ms / 1000
    for key in loaded.keys[signed.rid]:
        if key.scheme != HMAC or not key.not_before <= seconds < key.not_after:
            continue
        found = CONVENTION if convention.is_by(signed, key.secret) else ""
        if two_step:
            for secret in session.secrets_now(loaded.session_root, rid=signed.rid, kid=key.kid, now_ms=call.at_ms):
                found = TWO_STEP if convention.is_by(signed, secret) else found
        if found and not gateway.state.ended("key", f"{signed.rid}:{key.kid}"):
            profile, call.kid = found, key.kid
    return profile


def admit(
    gateway: Gateway, request: Request, call: Call, client: ClientSpec, signed: SignedHeaders, *, opening: bool = False
) -> None:
    """A right signature: once, by a profile of the application's, with its certificate. `opening`: for a session key.

    Raises Replayed, WrongProfile, CertificateRequired, WrongCertificate.
    """
    call.known = True
    gateway.replay.check(signed, now_ms=call.at_ms)
    call.sign = signed.sign
    needed = TWO_STEP if opening and call.scheme == CONVENTION else call.scheme
    if needed not in client.profiles:
        raise WrongProfile(used=call.scheme, allowed=", ".join(client.profiles))
    if client.fingerprints:
        check_certificate(gateway, request, client)


def check_certificate(gateway: Gateway, request: Request, client: ClientSpec) -> None:
    """An application bound to certificates calls with one of them, as a trusted proxy tells it."""
    seen = presented(request, gateway.config.edge)
    if not seen:
        raise CertificateRequired(rid=client.rid)
    if seen not in client.fingerprints:
        raise WrongCertificate(rid=client.rid, fingerprint=seen)


def by_http_signature(gateway: Gateway, request: Request, call: Call, loaded: Loaded, body: bytes | None) -> None:
    """An HTTP Message Signature by a key of the application's; `keyid` is `requester id:key id`."""
    message = message_of(request, trusted=gateway.config.edge.is_trusted(request))
    signature = http_signatures.read_signature(message.headers)
    call.rid, _mark, kid = signature.keyid.rpartition(":")
    client = find_client(gateway, loaded, call.rid)
    moment = signature.created * 1000
    if abs(call.at_ms - moment) > convention.WINDOW_MS:
        raise OutsideWindow(seconds=abs(call.at_ms - moment) // 1000)
    http_signatures.check_expiry(signature, now_ms=call.at_ms)
    http_signatures.check_covered(signature, message, body=body)
    key = find_key(gateway, call, loaded.keys[call.rid], kid)
    if signature.alg not in ("", ALGORITHMS[key.scheme]):
        raise BadHttpSignature
    base = http_signatures.signature_base(signature.covered, message)
    if not proves(key, base, signature.value):
        raise BadHttpSignature
    call.kid, call.scheme = kid, http_profile(key.scheme)
    if "accept-signature" in message.headers:
        call.answer_to = (signature.label, signature.value)
    admit(gateway, request, call, client, SignedHeaders(call.rid, "", "", signature.replay_key(call.rid, base)))
    if body is not None and FIELD in message.headers:
        check_digest(message.headers[FIELD], body)


def find_key(gateway: Gateway, call: Call, keys: Sequence[LoadedKey], kid: str) -> LoadedKey:
    """The key named, if it holds now. Raises UnknownKey."""
    named = [key for key in keys if key.kid == kid]
    found = [key for part in named for key in keys_now(gateway, call, named, part.scheme)]
    if not found:
        raise UnknownKey(kid=kid, rid=call.rid)
    return found[0]


def proves(key: LoadedKey, base: bytes, value: bytes) -> bool:
    """Whether the signature is the key's."""
    if key.scheme == HMAC:
        return hmac.compare_digest(suite("intl").hmac(key.secret.encode(), base), value)
    return verify(key.scheme, key.public, base, value)


def message_of(request: Request, *, trusted: bool) -> http_signatures.Request:
    """A request as it was sent; a trusted proxy tells the scheme it was sent by."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    scope = request.scope
    scheme = headers.get("x-forwarded-proto", "") if trusted else ""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    path = raw_path.decode("latin-1").partition("?")[0]
    return http_signatures.Request(
        method=request.method,
        scheme=scheme if scheme in ("http", "https") else scope["scheme"],
        authority=headers.get("host", ""),
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )
