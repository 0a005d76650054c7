"""Public and private keys of applications: PEM or Base64, Ed25519 (RFC 8410) and SM2 (GB/T 35276)."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from quanshu.gateway.signing.profiles import ED25519, HMAC, SM2
from quanshu.kernel.ciphers import suite

PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
SM2_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
SM2_SCALAR = re.compile(rb"\x02\x01\x01\x04\x20(.{32})", re.DOTALL)
SM2_POINT = re.compile(rb"\x03\x42\x00\x04(.{64})", re.DOTALL)
# The curve of GB/T 32918.5.
SM2_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
MOST_TEXT = 2000


class BadKey(ValueError):
    """The text is not a key of the kind asked for."""


class PrivateKeyGiven(BadKey):
    """The text is a private key where a public one was asked for."""


def read_public_key(scheme: str, text: str) -> bytes:
    """The raw public key of a PEM or Base64 text: 32 bytes of Ed25519, 64 of SM2. Raises BadKey, PrivateKeyGiven."""
    if "PRIVATE KEY" in text:
        raise PrivateKeyGiven
    data = _decode(text)
    if scheme == ED25519:
        raw = data.removeprefix(ED25519_SPKI)
        try:
            Ed25519PublicKey.from_public_bytes(raw)
        except (ValueError, UnsupportedAlgorithm) as fault:
            raise BadKey from fault
        return raw
    raw = data.removeprefix(SM2_SPKI)
    raw = raw[1:] if len(raw) == 65 and raw[:1] == b"\x04" else raw
    if scheme != SM2 or not on_sm2_curve(raw):
        raise BadKey
    return raw


def on_sm2_curve(raw: bytes) -> bool:
    """Whether 64 bytes are a point of the SM2 curve."""
    x, y = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    return len(raw) == 64 and x < SM2_P and y < SM2_P and (y * y - x * x * x + 3 * x - SM2_B) % SM2_P == 0


def read_private_key(scheme: str, text: str) -> bytes:
    """A signer's key in its suite's raw form: a secret as it is, Ed25519 and SM2 from PEM. Raises BadKey."""
    if scheme == HMAC:
        return text.strip().encode()
    data = _decode(text)
    if scheme == ED25519:
        try:
            key = load_der_private_key(data, None) if len(data) != 32 else Ed25519PrivateKey.from_private_bytes(data)
        except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as fault:
            # InternalError: a key of one kind under the name of another, as X448 with 32 bytes.
            raise BadKey from fault
        if not isinstance(key, Ed25519PrivateKey):
            raise BadKey
        return key.private_bytes_raw()
    scalar, point = SM2_SCALAR.search(data), SM2_POINT.search(data)
    if scheme != SM2 or scalar is None or point is None or not on_sm2_curve(point.group(1)):
        raise BadKey
    return scalar.group(1) + point.group(1)


def _decode(text: str) -> bytes:
    """The bytes of a PEM block, or of Base64."""
    if len(text) > MOST_TEXT:
        raise BadKey
    block = PEM.search(text)
    try:
        return base64.b64decode("".join((block.group(2) if block else text).split()), validate=True)
    except ValueError as fault:
        raise BadKey from fault


def fingerprint(raw: bytes) -> str:
    """How people compare public keys: SHA-256 in Base64, as ssh shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode("ascii").rstrip("=")


def verify(scheme: str, key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's over the message; malformed input is False.

    SM2 signatures are DER in its one form, so that none can be written in another way.
    """
    if scheme == ED25519:
        return suite("intl").verify(key, message, signature)
    try:
        if encode_dss_signature(*decode_dss_signature(signature)) != signature:
            return False
    except (ValueError, OverflowError):
        return False
    return suite("gm").verify(key, message, signature)
