"""What a cipher suite does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from quanshu.kernel.errors import Invalid

NONCE_BYTES = 12
TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A signing key pair as raw bytes in the suite's own form."""

    private: bytes
    public: bytes


class OpenFailed(Invalid):
    code = "kernel.open_failed"
    message = "The sealed value cannot be opened: the key or the context is not the one it was sealed with."
    remedy = "Check that the node's key files are the ones this data was written with."


class CipherSuite(Protocol):
    """Digest, HMAC, signature and authenticated encryption of one family of algorithms."""

    name: str

    def digest(self, data: bytes) -> bytes:
        """32-byte digest."""
        ...

    def hmac(self, key: bytes, data: bytes) -> bytes:
        """HMAC (RFC 2104) over the suite's digest, 32 bytes."""
        ...

    def generate_key_pair(self) -> KeyPair:
        """A fresh signing key pair."""
        ...

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Signature of a message."""
        ...

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature is the key's over the message; malformed input is False."""
        ...

    def generate_key(self) -> bytes:
        """A fresh symmetric key."""
        ...

    def seal(self, key: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
        """Encrypt and authenticate: nonce (12), ciphertext, tag (16). `aad` binds the context."""
        ...

    def open(self, key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
        """Undo `seal`; OpenFailed when key, context or bytes differ."""
        ...
