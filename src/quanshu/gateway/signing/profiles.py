"""Signing profiles: how an application signs, and which kind of key that takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.kernel.ciphers import suite

HMAC, ED25519, SM2 = "hmac", "ed25519", "sm2"
PUBLIC_SCHEMES = (ED25519, SM2)
# The names of algorithms in signature parameters: RFC 9421 section 6.2.2, and a private one for SM2 with SM3.
ALGORITHMS: Mapping[str, str] = {HMAC: "hmac-sha256", ED25519: "ed25519", SM2: "sm2-sm3"}


class Profile(StrEnum):
    """`convention` is the national form with the application's key, `convention-two-step` with a session key."""

    CONVENTION = "convention"
    TWO_STEP = "convention-two-step"
    RFC9421_ED25519 = "rfc9421-ed25519"
    RFC9421_SM2 = "rfc9421-sm2"
    RFC9421_HMAC = "rfc9421-hmac"


SCHEMES: Mapping[str, str] = {
    Profile.CONVENTION: HMAC,
    Profile.TWO_STEP: HMAC,
    Profile.RFC9421_ED25519: ED25519,
    Profile.RFC9421_SM2: SM2,
    Profile.RFC9421_HMAC: HMAC,
}


def http_profile(scheme: str) -> str:
    """The RFC 9421 profile of a kind of key."""
    return f"rfc9421-{scheme}"


def sign(scheme: str, key: bytes, message: bytes) -> bytes:
    """Sign with a secret (HMAC-SHA256) or a private key in its suite's raw form (Ed25519, SM2 with SM3)."""
    if scheme == HMAC:
        return suite("intl").hmac(key, message)
    return suite("intl" if scheme == ED25519 else "gm").sign(key, message)
