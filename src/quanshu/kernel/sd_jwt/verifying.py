"""What a verifier does: issuer's signature, disclosures, time, holder's proof, status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from quanshu.kernel.sd_jwt.errors import (
    BindingForged,
    BindingMissing,
    BindingStale,
    Expired,
    Forged,
    Malformed,
    NotYetValid,
    WrongAudience,
    WrongNonce,
)
from quanshu.kernel.sd_jwt.issuing import TYPE
from quanshu.kernel.sd_jwt.jws import is_signed, open_jws, public_key
from quanshu.kernel.sd_jwt.parts import SdJwt, restore
from quanshu.kernel.sd_jwt.presenting import BINDING_TYPE
from quanshu.kernel.sd_jwt.status import StatusList, check_status

SKEW = timedelta(seconds=60)
FRESH = timedelta(minutes=5)
# The issuer's key, by the token's header and its unverified claims; None for an issuer that is not known.
IssuerKey = Callable[[Mapping[str, Any], Mapping[str, Any]], Ed25519PublicKey | None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token says once everything about it is right. `binding` holds the proof's claims, empty without one."""

    claims: dict[str, Any]
    header: dict[str, Any]
    binding: dict[str, Any] = field(default_factory=dict)

    @property
    def holder(self) -> Ed25519PublicKey | None:
        """The key the token was issued to, if it names one."""
        return holder_key(self.claims)


def verify(
    text: str,
    *,
    issuer: Ed25519PublicKey | IssuerKey,
    now: datetime,
    audience: str | None = None,
    nonce: str | None = None,
    bound: bool | None = None,
    skew: timedelta = SKEW,
    fresh: timedelta = FRESH,
    typ: str = TYPE,
    lists: Callable[[str], StatusList | None] | None = None,
) -> Verified:
    """The claims that are shown, when the token is right in every respect (RFC 9901, 7.1 and 7.3).

    A proof by the holder's key is asked for with `audience` or `bound=True`, looked at when there is one, and
    passed over with `bound=False`. Without `nonce` the caller holds `Verified.binding["nonce"]` against those it has
    seen. `skew` bounds how far clocks may differ, `fresh` how old the proof may be. `lists` gives the status list at
    an address; without it the status is the caller's to check.
    Raises a subclass of SdJwtError that names the cause.
    """
    token = SdJwt.parse(text)
    header, payload = open_token(token, issuer=issuer, typ=typ)
    return verify_opened(
        token,
        header,
        payload,
        now=now,
        audience=audience,
        nonce=nonce,
        bound=bound,
        skew=skew,
        fresh=fresh,
        lists=lists,
    )


def open_token(
    token: SdJwt, *, issuer: Ed25519PublicKey | IssuerKey, typ: str = TYPE
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a token its issuer signed: what need be checked but once. Raises Malformed, Forged."""
    header, payload = open_jws(token.jwt)
    if header.get("typ") != typ:
        raise Malformed(fault=f"its type is not {typ}")
    key = issuer if isinstance(issuer, Ed25519PublicKey) else issuer(header, payload)
    if key is None or not is_signed(token.jwt, key):
        raise Forged
    return header, payload


def verify_opened(
    token: SdJwt,
    header: dict[str, Any],
    payload: dict[str, Any],
    *,
    now: datetime,
    audience: str | None = None,
    nonce: str | None = None,
    bound: bool | None = None,
    skew: timedelta = SKEW,
    fresh: timedelta = FRESH,
    lists: Callable[[str], StatusList | None] | None = None,
) -> Verified:
    """The rest of `verify`, for header and payload that `open_token` has answered for this very `token.jwt`."""
    claims = restore(payload, token.disclosures)
    check_times(claims, now=now, skew=skew)
    binding: dict[str, Any] = {}
    if audience is not None or (token.binding if bound is None else bound):
        binding = _check_binding(token, claims, audience=audience, nonce=nonce, now=now, skew=skew, fresh=fresh)
    if lists is not None:
        check_status(claims, lists)
    return Verified(claims, header, binding)


def check_times(claims: Mapping[str, Any], *, now: datetime, skew: timedelta = SKEW) -> None:
    """Raises Expired or NotYetValid by `exp`, `nbf` and `iat` (seconds since 1970), give or take `skew`."""
    at, slack = now.timestamp(), skew.total_seconds()
    until, since, issued = (_seconds(claims, name) for name in ("exp", "nbf", "iat"))
    if until is not None and at >= until + slack:
        raise Expired
    if any(moment is not None and at < moment - slack for moment in (since, issued)):
        raise NotYetValid


def holder_key(claims: Mapping[str, Any]) -> Ed25519PublicKey | None:
    """The key of `cnf`, None without one. Raises Malformed for one that is no Ed25519 key."""
    confirmation = claims.get("cnf")
    if confirmation is None:
        return None
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if not isinstance(jwk, dict):
        raise Malformed(fault="its cnf names no key")
    return public_key(jwk)


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(fault=f"{name} is no number of seconds")
    return float(value)


def _check_binding(
    token: SdJwt,
    claims: Mapping[str, Any],
    *,
    audience: str | None,
    nonce: str | None,
    now: datetime,
    skew: timedelta,
    fresh: timedelta,
) -> dict[str, Any]:
    if not token.binding:
        raise BindingMissing
    key = holder_key(claims)
    if key is None:
        raise BindingMissing
    header, proof = open_jws(token.binding)
    if header.get("typ") != BINDING_TYPE:
        raise BindingForged(fault="its type is not kb+jwt")
    if not is_signed(token.binding, key):
        raise BindingForged(fault="another key signed it")
    texts = [proof.get(name) for name in ("aud", "nonce", "sd_hash")]
    if not all(isinstance(item, str) and item for item in texts) or _seconds(proof, "iat") is None:
        raise BindingForged(fault="it lacks aud, nonce, iat or sd_hash")
    if not compare_digest(str(proof["sd_hash"]).encode(), token.sd_hash.encode()):
        raise BindingForged(fault="it covers other content")
    age = now.timestamp() - float(proof["iat"])
    if not -skew.total_seconds() <= age <= (fresh + skew).total_seconds():
        raise BindingStale
    if audience is not None and proof["aud"] != audience:
        raise WrongAudience
    if nonce is not None and not compare_digest(str(proof["nonce"]).encode(), nonce.encode()):
        raise WrongNonce
    return proof
