"""Registration certificates: their numbers, their canonical text, and signatures that anyone can check off line."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from quanshu.kernel.ciphers import KeyPair, suite
from quanshu.kernel.errors import Invalid

FORM = re.compile(r"SJDJ-(\d{6})-(\d{4})-(\d{6})-(\d{2})")
KIND = "quanshu.registration.certificate/1"
SUITES: Mapping[str, Literal["intl", "gm"]] = {"Ed25519": "intl", "SM2-SM3": "gm"}


class BadNumber(Invalid):
    code = "kernel.bad_certificate_number"
    message = "“%(number)s” is no certificate number: %(fault)s"
    remedy = "Copy the number whole from the certificate; it looks like SJDJ-370100-2026-000001-50."


class Forged(Invalid):
    code = "kernel.forged_certificate"
    message = "This is not a certificate as it was issued: %(fault)s"
    remedy = "Do not rely on it. Ask the holder for the file as downloaded, or look the number up."


def check_digits(digits: str) -> str:
    """Two check digits by ISO 7064 MOD 97-10: any one digit changed, and any two exchanged, are caught."""
    return f"{98 - int(digits + '00') % 97:02d}"


def certificate_number(*, region: str, year: int, serial: int) -> str:
    """The number of a certificate: region (six digits), year, serial in the year, check digits.

    Raises ValueError for parts that do not fit their places.
    """
    if not (len(region) == 6 and region.isdecimal() and 0 <= year <= 9999 and 0 < serial <= 999_999):
        raise ValueError(f"no certificate number has the parts {region}, {year}, {serial}")
    digits = f"{region}{year:04d}{serial:06d}"
    return f"SJDJ-{region}-{year:04d}-{serial:06d}-{check_digits(digits)}"


def check_number(number: str) -> str:
    """The number without the blanks around it. Raises `kernel.bad_certificate_number`."""
    text = number.strip().upper()
    match = FORM.fullmatch(text)
    if match is None or not text.isascii():
        raise BadNumber(number=number[:40], fault="its form is wrong.")
    if check_digits("".join(match.groups()[:3])) != match[4]:
        raise BadNumber(number=number[:40], fault="its check digits do not fit; a digit was mistaken.")
    return text


def canonical(payload: Mapping[str, Any]) -> bytes:
    """A payload as the bytes that are signed: JSON with sorted names and no blanks, in UTF-8."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def key_id(public: bytes) -> str:
    """A public key's name: the start of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign_certificate(payload: Mapping[str, Any], keys: Mapping[str, KeyPair]) -> dict[str, Any]:
    """The certificate file: payload, and a signature by each algorithm's key."""
    text = canonical(payload)
    signatures = [
        {
            "algorithm": algorithm,
            "key": key_id(pair.public),
            "signature": base64.b64encode(suite(SUITES[algorithm]).sign(pair.private, text)).decode(),
        }
        for algorithm, pair in sorted(keys.items())
    ]
    return {"kind": KIND, "payload": dict(payload), "signatures": signatures}


def verify_certificate(document: Any, publics: Mapping[str, bytes]) -> dict[str, Any]:
    """The payload of a certificate file whose every signature holds by the keys given ({algorithm: public key}).

    Raises `kernel.forged_certificate` with what is wrong.
    """
    if not isinstance(document, dict) or document.get("kind") != KIND or not isinstance(document.get("payload"), dict):
        raise Forged(fault="it is no certificate file.")
    payload: dict[str, Any] = document["payload"]
    signatures = document.get("signatures")
    if not isinstance(signatures, list):
        raise Forged(fault="it carries no signatures.")
    text, held = canonical(payload), set()
    for entry in signatures:
        algorithm = str(entry.get("algorithm")) if isinstance(entry, dict) else ""
        if algorithm not in publics or algorithm not in SUITES:
            raise Forged(fault=f"the signature “{algorithm}” is by no key that is known.")
        if entry.get("key") != key_id(publics[algorithm]):
            raise Forged(fault=f"it was signed with another {algorithm} key.")
        if not holds(algorithm, publics[algorithm], text, entry.get("signature")):
            raise Forged(fault=f"the {algorithm} signature does not fit its text.")
        held.add(algorithm)
    if held != set(publics):
        raise Forged(fault="a signature is missing.")
    check_number(str(payload.get("number", "")))
    return payload


def holds(algorithm: str, public: bytes, text: bytes, signature: Any) -> bool:
    """Whether one signature fits."""
    try:
        raw = base64.b64decode(str(signature), validate=True)
    except (binascii.Error, ValueError):
        return False
    return suite(SUITES[algorithm]).verify(public, text, raw)
