"""The node's keys under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM seals."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping

from quanshu.cli.safekeeping.types import PassphraseNeeded
from quanshu.kernel.ciphers import OpenFailed, suite

# About 0.1 s and 32 MiB for each guess.
COST, BLOCK, LANES = 2**15, 8, 1
MEMORY = 64 * 1024 * 1024
CONTEXT = b"quanshu backup keys"
SALT_BYTES = 16


def seal_keys(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Key files by name, sealed: a salt, then the sealed JSON."""
    salt = secrets.token_bytes(SALT_BYTES)
    body = json.dumps({name: base64.b64encode(data).decode("ascii") for name, data in files.items()})
    return salt + suite("intl").seal(derived(passphrase, salt), body.encode(), CONTEXT)


def open_keys(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Undo `seal_keys`. Raises `restore.passphrase_needed`."""
    try:
        body = suite("intl").open(derived(passphrase, sealed[:SALT_BYTES]), sealed[SALT_BYTES:], CONTEXT)
    except OpenFailed as fault:
        raise PassphraseNeeded from fault
    return {name: base64.b64decode(text) for name, text in json.loads(body).items()}


def derived(passphrase: str, salt: bytes) -> bytes:
    """The key of a passphrase."""
    if not passphrase:
        raise PassphraseNeeded
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=MEMORY, dklen=32)
