"""The two suites: `intl` (SHA-256, Ed25519, AES-256-GCM) and `gm` (SM3, SM2, SM4-GCM)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal

import gmssl_pyx
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as crypto_hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quanshu.kernel.ciphers.base import NONCE_BYTES, TAG_BYTES, CipherSuite, KeyPair, OpenFailed

SM2_PRIVATE_BYTES = 32
SM2_PUBLIC_BYTES = 64


class Intl:
    """SHA-256 (FIPS 180-4), Ed25519 (RFC 8032), AES-256-GCM (SP 800-38D)."""

    name = "intl"

    def digest(self, data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    def hmac(self, key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, "sha256")

    def generate_key_pair(self) -> KeyPair:
        private = Ed25519PrivateKey.generate()
        return KeyPair(private.private_bytes_raw(), private.public_key().public_bytes_raw())

    def sign(self, private: bytes, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def generate_key(self) -> bytes:
        return AESGCM.generate_key(256)

    def seal(self, key: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)

    def open(self, key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise OpenFailed
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
        except InvalidTag as fault:
            raise OpenFailed from fault


class Gm:
    """SM3 (GB/T 32905), SM2 (GB/T 32918, default signer id of GB/T 35276), SM4-GCM (RFC 8998).

    A private key is the 32-byte scalar followed by the 64-byte public point, which signing needs.
    """

    name = "gm"

    def digest(self, data: bytes) -> bytes:
        state = hashes.Hash(hashes.SM3())
        state.update(data)
        return state.finalize()

    def hmac(self, key: bytes, data: bytes) -> bytes:
        state = crypto_hmac.HMAC(key, hashes.SM3())
        state.update(data)
        return state.finalize()

    def generate_key_pair(self) -> KeyPair:
        public, private = gmssl_pyx.sm2_key_generate()
        return KeyPair(private + public, public)

    def sign(self, private: bytes, message: bytes) -> bytes:
        scalar, public = private[:SM2_PRIVATE_BYTES], private[SM2_PRIVATE_BYTES:]
        return bytes(gmssl_pyx.sm2_sign(scalar, public, message))

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        if len(public) != SM2_PUBLIC_BYTES:
            return False
        try:
            return bool(gmssl_pyx.sm2_verify(public, message, signature))
        except (ValueError, RuntimeError, gmssl_pyx.GmsslInnerError, gmssl_pyx.InvalidValueError):
            return False

    def generate_key(self) -> bytes:
        return secrets.token_bytes(16)

    def seal(self, key: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        state = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        state.authenticate_additional_data(aad)
        return nonce + state.update(plaintext) + state.finalize() + state.tag

    def open(self, key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise OpenFailed
        nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        state = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        state.authenticate_additional_data(aad)
        try:
            return state.update(body) + state.finalize()
        except InvalidTag as fault:
            raise OpenFailed from fault


_SUITES: dict[str, CipherSuite] = {"intl": Intl(), "gm": Gm()}


def suite(name: Literal["intl", "gm"]) -> CipherSuite:
    """The suite called `name`; KeyError for another name."""
    return _SUITES[name]
