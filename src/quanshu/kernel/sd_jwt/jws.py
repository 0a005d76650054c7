"""Compact JWS (RFC 7515) by Ed25519 (RFC 8037), and the keys as JWK (RFC 7517, RFC 7638)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quanshu.kernel.sd_jwt.errors import Malformed

# RFC 9864 names the curve; RFC 8037 said "EdDSA", which is what is written, since every library reads it.
ALGORITHM = "EdDSA"
READ = frozenset({ALGORITHM, "Ed25519"})
LONGEST = 256 * 1024


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Bytes of base64url without padding. Raises Malformed for anything else."""
    try:
        if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
            raise Malformed(fault="a part is not base64url")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as fault:
        raise Malformed(fault="a part is not base64url") from fault


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(fault="a name stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed(fault=f"{name} is no JSON value")


def from_json(data: bytes) -> Any:
    """The JSON value. Raises Malformed; a name twice in one object is a fault too."""
    try:
        return json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise Malformed(fault="a part is not JSON") from fault


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8. Raises Malformed for a value that JSON does not have."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as fault:
        raise Malformed(fault="a claim has no form in JSON") from fault


def sign_jws(payload: Mapping[str, Any], *, key: Ed25519PrivateKey, header: Mapping[str, Any]) -> str:
    """The payload as a compact JWS; `alg` is put into the header."""
    head = encode(to_json({"alg": ALGORITHM, **header}))
    signed = f"{head}.{encode(to_json(dict(payload)))}"
    return f"{signed}.{encode(key.sign(signed.encode('ascii')))}"


def open_jws(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload, unverified. Raises Malformed."""
    if len(text) > LONGEST:
        raise Malformed(fault="it is too long")
    parts = text.split(".")
    if len(parts) != 3:
        raise Malformed(fault="it has not three parts")
    header, payload = from_json(decode(parts[0])), from_json(decode(parts[1]))
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise Malformed(fault="header or payload is no object")
    if header.get("alg") not in READ:
        raise Malformed(fault="it is not signed by Ed25519")
    if "crit" in header:
        raise Malformed(fault="it demands an extension that is not known")
    return header, payload


def is_signed(text: str, key: Ed25519PublicKey) -> bool:
    """Whether the key made the signature over this compact JWS."""
    signed, _, signature = text.rpartition(".")
    try:
        key.verify(decode(signature), signed.encode("ascii"))
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True


def read_jws(text: str, *, key: Ed25519PublicKey, typ: str = "") -> dict[str, Any] | None:
    """The payload of a compact JWS by this key; None when the signature is another's.

    Raises Malformed for a text that is no such JWS, or whose header names another type than `typ`.
    """
    header, payload = open_jws(text)
    if typ and header.get("typ") != typ:
        raise Malformed(fault=f"its type is not {typ}")
    return payload if is_signed(text, key) else None


def jwk_of(key: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JWK."""
    return {"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_bytes_raw())}


def public_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    """The key of a JWK. Raises Malformed for one that is no Ed25519 key."""
    x = jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(x, str):
        raise Malformed(fault="the key is no Ed25519 key")
    try:
        return Ed25519PublicKey.from_public_bytes(decode(x))
    except ValueError as fault:
        raise Malformed(fault="the key is no Ed25519 key") from fault


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The key's fingerprint by RFC 7638, SHA-256 in base64url. Raises Malformed for one that is no Ed25519 key."""
    canonical = dict(sorted(jwk_of(public_key(jwk)).items()))
    return encode(hashlib.sha256(to_json(canonical)).digest())
