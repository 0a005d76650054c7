"""Marks of rows: what a receipt keeps of the rows an answer carried, so that their receivers can be told later.

A mark tells nothing of the row to whoever lacks the node's key; whoever has it can ask who received a given row.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

MOST_MARKS = 200
LENGTH = 16
_HALF = LENGTH // 2
_BETWEEN = "\x1f"
_BLOCK = 64


def mark_key(seal_key: bytes) -> bytes:
    """The key marks are made with (32 bytes), derived from the gateway's seal key."""
    return hmac.digest(seal_key, b"row mark", "sha256")


class Marker:
    """Marks rows of one entry: the first 16 hex digits of HMAC-SHA256 (RFC 2104) over the entry and the row's key.

    The hash states of key and entry are kept and copied, which takes a third of the time of a whole HMAC.
    """

    def __init__(self, key: bytes, entry_uid: str) -> None:
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(part ^ 0x36 for part in padded))
        self._outer = hashlib.sha256(bytes(part ^ 0x5C for part in padded))
        self._inner.update(entry_uid.encode())

    def of(self, parts: Sequence[object]) -> str:
        """The mark of a row by the parts of its key, as texts in the order of the entry's key columns."""
        text = ""
        for part in parts:
            text += _BETWEEN if part is None else f"{_BETWEEN}{part}"
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()[:_HALF].hex()

    def of_rows(self, rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
        """Marks of the first 200 rows, each once, in their order."""
        if len(rows) == 1:
            return (self.of(rows[0]),)
        return tuple(dict.fromkeys(self.of(row) for row in rows[:MOST_MARKS]))


def row_mark(key: bytes, entry_uid: str, parts: Sequence[object]) -> str:
    """The mark of one row."""
    return Marker(key, entry_uid).of(parts)
