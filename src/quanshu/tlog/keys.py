"""Keys of signed notes (c2sp.org/signed-note): Ed25519, Ed25519 cosignatures, and SM2 beside them.

A signature type is what stands before the public key: 0x01 (Ed25519), 0x04 (cosignature/v1), and for SM2, which the
specification assigns no byte, 0xff and a longer name of our own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from quanshu.kernel.ciphers import suite
from quanshu.tlog.errors import BadKey

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
SM2 = b"\xffquanshu/sm2-sm3/v1"
SUITES: Mapping[bytes, Literal["intl", "gm"]] = {ED25519: "intl", COSIGNATURE: "intl", SM2: "gm"}
PUBLIC_BYTES: Mapping[bytes, int] = {ED25519: 32, COSIGNATURE: 32, SM2: 64}
PRIVATE_BYTES: Mapping[bytes, int] = {ED25519: 32, COSIGNATURE: 32, SM2: 96}
PRIVATE = "PRIVATE+KEY+"
LATEST = 2**63 - 1


def from_base64(text: str) -> bytes:
    """Standard base64 (RFC 4648, section 4) with nothing added. ValueError for anything else."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("it is not base64") from error
    if to_base64(raw) != text:
        raise ValueError("it is not base64 in its one form")
    return raw


def to_base64(raw: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(raw).decode("ascii")


def good_name(name: str) -> bool:
    """Whether a key may be called so: not empty, no blanks, no plus, no control characters."""
    return bool(name) and "+" not in name and not any(sign.isspace() or ord(sign) < 32 for sign in name)


def cosigned(timestamp: int, body: bytes) -> bytes:
    """What a cosignature of version 1 signs (c2sp.org/tlog-cosignature)."""
    return b"cosignature/v1\ntime %d\n" % timestamp + body


def split_kind(raw: bytes) -> tuple[bytes, bytes]:
    """(signature type, key) of a vkey's last part. Raises `tlog.bad_key`."""
    for kind in SUITES:
        if raw.startswith(kind):
            return kind, raw[len(kind) :]
    raise BadKey(fault="its signature type is none that is known here.")


@dataclass(frozen=True)
class VerifierKey:
    """A name, a signature type and a public key. Raises `tlog.bad_key` for parts that do not fit."""

    name: str
    kind: bytes
    public: bytes

    def __post_init__(self) -> None:
        if not good_name(self.name):
            raise BadKey(fault="its name is empty, or has blanks or a plus in it.")
        if len(self.public) != PUBLIC_BYTES.get(self.kind):
            raise BadKey(fault="its key has not the length of its type.")

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey: name, "+", key id in hex, "+", base64 of type and key. Raises `tlog.bad_key`."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise BadKey(fault="it has not three parts with a plus between them.")
        name, identity, rest = parts
        try:
            raw = from_base64(rest)
        except ValueError as error:
            raise BadKey(fault=f"{error}.") from error
        found = cls(name, *split_kind(raw))
        if found.id.hex() != identity:
            raise BadKey(fault="its id does not belong to its name and key; a sign was mistaken.")
        return found

    @cached_property
    def id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, signature type and public key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(self.kind + self.public)}"

    def verify(self, body: bytes, blob: bytes) -> bool:
        """Whether a signature (without its key id) is this key's over a note's text."""
        if self.kind == COSIGNATURE:
            stamp = int.from_bytes(blob[:8], "big")
            if len(blob) != 72 or stamp > LATEST:
                return False
            body, blob = cosigned(stamp, body), blob[8:]
        return suite(SUITES[self.kind]).verify(self.public, body, blob)


@dataclass(frozen=True)
class SigningKey:
    """A private key with its verifier key."""

    verifier: VerifierKey
    private: bytes

    @classmethod
    def generate(cls, name: str, kind: bytes = ED25519) -> SigningKey:
        """A fresh key. Raises `tlog.bad_key` for a name that is none."""
        pair = suite(SUITES[kind]).generate_key_pair()
        return cls(VerifierKey(name, kind, pair.public), pair.private)

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read what `text` writes. Raises `tlog.bad_key`; the fault never repeats the key."""
        if not text.startswith(PRIVATE):
            raise BadKey(fault="it is no private key.")
        try:
            name, identity, rest = text.strip().removeprefix(PRIVATE).split("+", 2)
            kind, pair = split_kind(from_base64(rest))
        except ValueError as error:
            raise BadKey(fault="it is no private key.") from error
        cut = PRIVATE_BYTES[kind]
        found = cls(VerifierKey(name, kind, pair[cut:]), pair[:cut])
        if found.verifier.id.hex() != identity:
            raise BadKey(fault="its id does not belong to its name and key.")
        return found

    def text(self) -> str:
        """The key as one line for a key file."""
        raw = self.verifier.kind + self.private + self.verifier.public
        return f"{PRIVATE}{self.verifier.name}+{self.verifier.id.hex()}+{to_base64(raw)}"

    def sign(self, body: bytes, timestamp: int = 0) -> bytes:
        """The signature (without key id) of a note's text; a cosignature carries `timestamp` (POSIX seconds)."""
        cipher = suite(SUITES[self.verifier.kind])
        if self.verifier.kind == COSIGNATURE:
            return timestamp.to_bytes(8, "big") + cipher.sign(self.private, cosigned(timestamp, body))
        return cipher.sign(self.private, body)
