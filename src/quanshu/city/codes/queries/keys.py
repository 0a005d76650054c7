"""The keys that codes are signed with, told whose they are by, and verified by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from quanshu.city.codes.models import SigningKey
from quanshu.kernel.codes import Code, Mint, VerifyingKey, key_id_of
from quanshu.shared.keys import node_key, numbered_key

FAMILY = "codes-signing"
# How long a process goes on by the keys it has read: a key is published a day before it signs.
GOOD_FOR = 2.0


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A signing key by its number; times in seconds since 1970, 0 for no bound."""

    number: int
    public: bytes
    signs_from: int = 0
    signs_until: int = 0
    verifies_until: int = 0

    def over(self, stamp: int) -> bool:
        """Whether nothing that it signed is taken any more."""
        return 0 < self.verifies_until <= stamp


class _Held:
    """What this process has read, and when by its own clock."""

    def __init__(self) -> None:
        self.rows: tuple[KeyRow, ...] = ()
        self.read_at = 0.0


_held = _Held()


def forget_keys() -> None:
    """Read the keys anew at the next code."""
    _held.rows = ()
    mint_of.cache_clear()


def key_rows() -> tuple[KeyRow, ...]:
    """Every key, the newest first; the first there ever was alone where none has followed it."""
    moment = time.monotonic()
    if not _held.rows or moment - _held.read_at > GOOD_FOR:
        _held.rows = tuple(row_of(key) for key in SigningKey.objects.all()) or (KeyRow(1, mint_of(1).public),)
        _held.read_at = moment
    return _held.rows


def row_of(key: SigningKey) -> KeyRow:
    """A row as codes are checked by."""
    times = (seconds(moment) for moment in (key.signs_from, key.signs_until, key.verifies_until))
    return KeyRow(key.number, bytes.fromhex(key.public), *times)


def seconds(moment: datetime | None) -> int:
    """Since 1970; 0 for none."""
    return int(moment.timestamp()) if moment else 0


@cache
def mint_of(number: int) -> Mint:
    """The node's secrets with the signing key of this number. An Ed25519 private key is any 32 bytes, as a symmetric
    key is."""
    return Mint(numbered_key(FAMILY, number), node_key("codes-reference"), node_key("codes-holder"))


def mint(now: datetime) -> Mint:
    """The node's secrets for codes issued now."""
    stamp = int(now.timestamp())
    signing = (row.number for row in key_rows() if row.signs_from <= stamp and not row.over(stamp))
    return mint_of(next(signing, key_rows()[0].number))


def publics(now: datetime) -> dict[bytes, VerifyingKey]:
    """{key id: key} that codes and lists of this node are checked by: those that sign, will sign, or whose last codes
    may still come in."""
    stamp = int(now.timestamp())
    return {
        key_id_of(row.public): VerifyingKey(row.public, row.signs_from, row.signs_until)
        for row in key_rows()
        if not row.over(stamp)
    }


def whose_code(code: Code) -> tuple[int, int]:
    """(subject, agent) of a code of this node's; every key knows. Raises ForgedCode."""
    return mint_of(key_rows()[0].number).whose(code)
